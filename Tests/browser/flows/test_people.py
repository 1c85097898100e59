"""People, keys and the audit trail: what an admin does with them counts at once, and is written down."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from conftest import violations
from flows.conftest import PASSWORD, Place
from flows.steps import dialog, done, go, menu_item, row

NEW_PASSWORD = "a much better password"


def test_a_clinician_is_added_changed_disabled_and_enabled(start, add_people, visit_securely):
    add_people(weber="admin")
    place = Place(start())
    page = visit_securely().sign_in(place, "weber")
    go(page, "People")
    page.get_by_role("button", name="Add person").click()
    form = dialog(page, "Add a person")
    form.get_by_label("User name", exact=True).fill("mey")
    form.get_by_label("Password", exact=True).fill("too short")
    form.get_by_role("button", name="Add person").click()
    expect(form.locator(".field-error", has_text="At least")).to_be_visible()
    form.get_by_label("Password", exact=True).fill(PASSWORD)
    form.get_by_role("button", name="Add person").click()
    done(page, "mey can sign in now.")
    expect(row(page, "mey")).to_contain_text("Clinician")
    assert violations(page) == []

    theirs = visit_securely().sign_in(place, "mey")
    expect(theirs.get_by_role("heading", name="The catalogue is empty")).to_be_visible()
    menu_item(page, "Manage mey", "Disable")
    dialog(page, "Disable mey?").get_by_role("button", name="Disable").click()
    done(page, "mey is disabled.")
    expect(row(page, "mey")).to_contain_text("Disabled")
    theirs.get_by_role("searchbox").fill("anybody")
    expect(theirs.get_by_text("Your session has ended.")).to_be_visible()
    sign_in_again(theirs, "mey", PASSWORD)
    expect(theirs.get_by_role("alert")).to_have_text("The user name or the password is wrong.")

    menu_item(page, "Manage mey", "Enable")
    done(page, "mey can sign in again.")
    menu_item(page, "Manage mey", "Change role")
    form = dialog(page, "Role of mey")
    form.get_by_label("Role", exact=True).select_option(label="Administrator")
    form.get_by_role("button", name="Save").click()
    done(page, "mey has the new role from now on.")
    sign_in_again(theirs, "mey", PASSWORD)
    go(theirs, "People")
    expect(row(theirs, "mey")).to_contain_text("You")
    # Somebody must be left who can change it back: the server says so, and the page says it in its words.
    for name in ("mey", "weber"):
        menu_item(theirs, f"Manage {name}", "Disable")
        question = dialog(theirs, f"Disable {name}?")
        if name == "mey":
            question.get_by_role("button", name="Cancel").click()
        else:
            question.get_by_role("button", name="Disable").click()
            done(theirs, "weber is disabled.")
    menu_item(theirs, "Manage mey", "Disable")
    question = dialog(theirs, "Disable mey?")
    question.get_by_role("button", name="Disable").click()
    expect(question.get_by_role("alert")).to_have_text(
        "This is the last active administrator. Make another person administrator first.")


def sign_in_again(page, name: str, password: str) -> None:
    page.get_by_label("User name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_key_is_shown_once_works_is_revoked_and_all_of_it_is_on_record(start, add_people, visit_securely):
    add_people(weber="admin")
    server = start()
    page = visit_securely().sign_in(Place(server), "weber")
    go(page, "Keys")
    expect(page.get_by_role("heading", name="No keys")).to_be_visible()
    page.get_by_role("button", name="Create key").first.click()
    form = dialog(page, "Create a key")
    form.get_by_label("Name", exact=True).fill("pacs-bridge")
    form.get_by_label("Role", exact=True).select_option(label="Clinician")
    form.get_by_label("Valid for", exact=True).select_option(label="30 days")
    form.get_by_role("button", name="Create key").click()
    shown = dialog(page, "The key pacs-bridge")
    key = shown.get_by_label("Key", exact=True).input_value()
    assert key.startswith("frk_")
    assert violations(page) == []
    # A slip beside it does not lose it.
    page.mouse.click(5, 5)
    page.keyboard.press("Escape")
    shown.get_by_role("button", name="I have stored it").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(row(page, "pacs-bridge")).to_be_visible()
    assert key not in page.content()
    page.reload()
    expect(row(page, "pacs-bridge")).to_contain_text("by weber")
    assert key[8:] not in page.content()

    server.key = key
    server("GET", "/api/search", status=200)
    server("POST", "/api/index/start", {"source": "archive"}, status=403)
    page.get_by_role("button", name="Revoke pacs-bridge").click()
    dialog(page, "Revoke pacs-bridge?").get_by_role("button", name="Revoke").click()
    done(page, "pacs-bridge is revoked.")
    expect(row(page, "pacs-bridge")).to_contain_text("Revoked")
    server("GET", "/api/search", status=401)
    server.key = None

    go(page, "Audit")
    for words in ("Signed in", "Key created", "Key revoked"):
        expect(row(page, words).first).to_contain_text("weber")
    # What was refused to the key is there too.
    expect(row(page, "ROLE_NOT_ALLOWED").first).to_contain_text("pacs-bridge")
    assert violations(page) == []
    page.get_by_label("Who", exact=True).fill("pacs-bridge")
    expect(row(page, "Key created")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/audit\?actor=pacs-bridge$"))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text(re.compile(r"The trail is intact: \d+ entries"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) > 3 and key not in "".join(lines)
    go(page, "Health")
    expect(page.get_by_text("Fileroom is ready.")).to_be_visible()
    expect(page.locator(".health")).to_contain_text("/api/keys")
    assert violations(page) == []


def test_ones_own_password_and_sessions(start, add_people, visit_securely):
    add_people(weber="admin")
    place = Place(start())
    elsewhere = visit_securely().sign_in(place, "weber", "/catalogue?q=yamada")
    page = visit_securely().sign_in(place, "weber")
    page.get_by_role("button", name="Account of weber").click()
    page.get_by_role("link", name="Your account").click()
    expect(page.get_by_role("button", name=re.compile("^End the session in "))).to_have_count(1)
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    done(page, "Your password is changed. All other sessions have ended.")
    expect(page.get_by_role("button", name=re.compile("^End the session in"))).to_have_count(0)
    # Elsewhere the next thing that is done leads to the sign-in, and then back to where one was.
    elsewhere.get_by_role("searchbox").fill("suzuki")
    expect(elsewhere.get_by_text("Your session has ended. Sign in to go on where you were.")).to_be_visible()
    sign_in_again(elsewhere, "weber", NEW_PASSWORD)
    expect(elsewhere.get_by_role("searchbox")).to_have_value("suzuki")
    page.reload()
    page.get_by_role("button", name=re.compile("^End the session in ")).click()
    done(page, "The session has ended.")
    elsewhere.get_by_role("searchbox").fill("tanaka")
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in_again(elsewhere, "weber", NEW_PASSWORD)
    expect(elsewhere.get_by_role("searchbox")).to_have_value("tanaka")
    page.get_by_role("button", name="Sign out everywhere").click()
    dialog(page, "Sign out everywhere?").get_by_role("button", name="Sign out everywhere").click()
    for each in (page, elsewhere):
        each.reload()
        expect(each.get_by_role("heading", name="Sign in")).to_be_visible()
