"""What holds on every page: nobody is shut out, nothing foreign runs, every language is spoken."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from conftest import violations
from flows.steps import studies

# Each page with what shows that it is complete.
PAGES = {
    "/catalogue": "[role=row][aria-level='1']",
    "/shares": "table tbody tr",
    "/sources": "article.source .facts",
    "/jobs": "table tbody tr",
    "/jobs?job=1": ".errors .success-text",
    "/people": "table tbody tr",
    "/keys": "table tbody tr",
    "/audit": "table tbody tr",
    "/health": ".health .facts",
    "/account": "table tbody tr",
}


def show(page: Page, base: str, path: str, complete: str) -> None:
    page.goto(base + path)
    expect(page.locator(complete).first, f"{path} is complete").to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(hospital, visit_securely, scheme):
    visitor = visit_securely(color_scheme=scheme)
    page = visitor.open(hospital, "/sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    found = {"/sign-in": violations(page)}
    page = visitor.sign_in(hospital, "weber")
    for path, complete in PAGES.items():
        show(page, hospital.base, path, complete)
        found[path] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
    assert found == dict.fromkeys(found, [])


def test_every_page_speaks_german(hospital, visit_securely):
    page = visit_securely(locale="de-DE").open(hospital, "/sign-in")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.locator("[name=name]").fill("weber")
    page.locator("[name=password]").fill(hospital.password)
    page.keyboard.press("Enter")
    expect(studies(page).first).to_be_visible()
    headings = {
        "/shares": "Freigaben", "/sources": "Quellen", "/jobs": "Aufträge", "/people": "Personen", "/keys": "Schlüssel", "/audit": "Protokoll", "/health": "Zustand",
        "/account": "Ihr Konto"}
    for path, heading in headings.items():
        show(page, hospital.base, path, PAGES[path])
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        expect(page.locator("html")).to_have_attribute("lang", "de")
    page.goto(hospital.base + "/catalogue?q=nobody+of+this+name")
    expect(page.get_by_role("heading", name="Keine Studie gefunden")).to_be_visible()


@pytest.mark.parametrize("inject", [
    "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.wasRun = true'}))",
    "document.body.insertAdjacentHTML('beforeend', `<img src=\"data:,\" onerror=\"window.wasRun = true\">`)",
    "document.body.append(Object.assign(document.createElement('iframe'), {src: 'https://elsewhere.example/'}))",
    "fetch('https://elsewhere.example/').catch(() => {})",
    "setTimeout('window.wasRun = true')",
])
def test_what_is_injected_is_refused(hospital, visit_securely, inject):
    visitor = visit_securely()
    page = visitor.sign_in(hospital, "mey")
    refused = page.evaluate("""inject => new Promise(resolve => {
        addEventListener("securitypolicyviolation", event => resolve(event.disposition));
        try { (0, %s) } catch (error) { resolve("enforce") }
    })""".replace("%s", inject), inject)
    assert refused == "enforce"
    assert page.evaluate("window.wasRun") is None
    assert all("elsewhere" not in host for host in visitor.hosts)
    visitor.complaints.clear()


def test_seven_tabs_share_one_stream_and_all_of_them_search(hospital, visit_securely):
    visitor = visit_securely()
    pages = [visitor.sign_in(hospital, "weber"), *(visitor.open(hospital, "/catalogue") for _ in range(6))]
    for page in pages:
        expect(studies(page).first).to_be_visible()
    figures = hospital.server("GET", "/metrics", status=200).body.decode()
    assert "\nfileroom_event_streams 1\n" in figures
    for page in pages:
        page.get_by_role("searchbox").fill("yamada")
        expect(studies(page).first).to_contain_text("Yamada")
    # When the tab that reads the stream closes, another takes it over.
    pages[0].close()
    pages[1].goto(hospital.base + "/jobs")
    expect(pages[1].locator("table tbody tr").first).to_be_visible()
    expect(pages[1].locator(".stale-note")).to_be_hidden()
