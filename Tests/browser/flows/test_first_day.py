"""The first day: from the link that the server prints to a catalogue that is searched while it still grows."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from conftest import violations
from flows.conftest import PASSWORD, Place
from flows.steps import badge, card, dialog, done, go, menu_item, studies
from support import until

SLOW = "0.13"  # megabytes per second: the job lasts until somebody ends it


def test_an_admin_sets_up_adds_a_share_and_watches_steers_and_searches(start, serve, make_tree, visit_securely):
    tree, _ = make_tree("--files", 900, "--patients", 12)
    share = serve(tree)
    server = start()
    visitor = visit_securely()
    page = visitor.open(Place(server), f"/setup#token={server.setup_token()}")
    expect(page).to_have_url(server.url + "/setup")
    page.get_by_label("User name", exact=True).fill("weber")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account and start").click()
    expect(page.get_by_role("heading", name="The catalogue is empty")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("main").get_by_role("link", name="Sources").click()
    add_share(page, share)
    start_pause_resume(page)
    search_meanwhile(page)
    cancel(page)
    menu_item(page, "More: nas", "Connections")
    expect(card(page, "nas")).to_contain_text("Round trip", timeout=60_000)
    assert violations(page) == []
    # A schedule is set on what is there already.
    menu_item(page, "More: nas", "Change settings")
    settings = dialog(page, "Settings of nas")
    settings.get_by_label("Schedule", exact=True).select_option(label="Daily")
    settings.get_by_label("At", exact=True).fill("03:30")
    expect(settings.get_by_text("in the server's local time")).to_be_visible()
    settings.get_by_role("button", name="Save").click()
    done(page, "Saved.")
    expect(card(page, "nas")).to_contain_text("Daily at 03:30")
    expect(card(page, "nas")).to_contain_text("Next run")
    sign_out(page)
    assert share.password not in server.stop()


def add_share(page: Page, share) -> None:
    expect(page.get_by_role("heading", name="No source yet")).to_be_visible()
    page.get_by_role("button", name="Add source").first.click()
    form = dialog(page, "Add a source")
    form.get_by_label("Name", exact=True).fill("nas")
    form.get_by_label("Server", exact=True).fill("127.0.0.1")
    form.get_by_label("Share", exact=True).fill(share.name)
    form.get_by_label("User", exact=True).fill(share.user)
    form.get_by_label("Password", exact=True).fill("not the password")
    form.get_by_text("More settings").click()
    form.get_by_label("Port", exact=True).fill(str(share.port))
    form.get_by_label("Bandwidth limit in MB/s").fill(SLOW)
    form.get_by_role("button", name="Test connection").click()
    # The step that failed says why, and what to do.
    failed = form.locator(".step.failed")
    expect(failed).to_contain_text("User and password accepted")
    expect(failed).to_contain_text("The server refused the sign-in.")
    expect(failed).to_contain_text("Check user, password and domain")
    expect(form.locator(".step.passed")).to_contain_text("Server reachable")
    assert violations(page) == []
    form.get_by_label("Password", exact=True).fill(share.password)
    form.get_by_role("button", name="Test connection").click()
    expect(form.get_by_text("This source can be read.")).to_be_visible(timeout=60_000)
    form.get_by_role("button", name="Add source").click()
    done(page, "nas is added.")
    expect(badge(card(page, "nas"), "Never read")).to_be_visible()


def processed(page: Page) -> int:
    """How many files the page says were processed."""
    words = page.get_by_role("progressbar", name="Progress of nas").get_attribute("aria-valuetext") or "0"
    return int(words.split()[0].replace(",", ""))


def start_pause_resume(page: Page) -> None:
    card(page, "nas").get_by_role("button", name="Start: nas").click()
    expect(badge(card(page, "nas"), "Running")).to_be_visible()
    until(lambda: processed(page) > 0, "the page shows files that were processed")
    first = processed(page)
    go(page, "Jobs")
    until(lambda: processed(page) > first, "the page follows the job by itself")
    page.get_by_role("button", name="Pause: nas").click()
    job = page.locator(".job-list article")
    expect(badge(job, "Paused")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_role("button", name="Resume: nas")).to_be_focused()
    held = processed(page)
    page.get_by_role("button", name="Resume: nas").click()
    expect(badge(job, "Running")).to_be_visible()
    until(lambda: processed(page) > held, "it goes on where it was")


def search_meanwhile(page: Page) -> None:
    go(page, "Catalogue")
    expect(studies(page).first).to_be_visible()
    name = studies(page).first.locator(".name").inner_text().split(",")[0].split()[0]
    page.get_by_role("searchbox").fill(name)
    expect(studies(page).first).to_contain_text(name)
    assert violations(page) == []
    go(page, "Sources")
    expect(badge(card(page, "nas"), "Running")).to_be_visible()


def cancel(page: Page) -> None:
    card(page, "nas").get_by_role("button", name="Cancel: nas").click()
    question = dialog(page, "Cancel reading nas?")
    expect(question).to_contain_text("stays in the catalogue and searchable")
    assert violations(page) == []
    question.get_by_role("button", name="Cancel", exact=True).click()
    expect(badge(card(page, "nas"), "Running")).to_be_visible()
    card(page, "nas").get_by_role("button", name="Cancel: nas").click()
    dialog(page, "Cancel reading nas?").get_by_role("button", name="Cancel the job").click()
    expect(badge(card(page, "nas"), "Cancelled")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account of weber").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(page.url.split("/sign-in")[0] + "/sources")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("fetch('/api/sources').then(answer => answer.status)") == 401
