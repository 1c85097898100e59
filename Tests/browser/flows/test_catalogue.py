"""As a clinician: finding, opening, copying; and nothing else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from conftest import violations
from flows.steps import studies

ADMINS_PAGES = ["/sources", "/jobs", "/people", "/keys", "/audit", "/health"]


@pytest.fixture
def page(hospital, visit_securely):
    page = visit_securely(permissions=["clipboard-read", "clipboard-write"]).sign_in(hospital, "mey")
    expect(studies(page).first).to_be_visible()
    return page


def test_a_patient_is_found_by_part_of_the_given_name_without_accents(page):
    page.keyboard.type("helen")
    expect(studies(page).first).to_contain_text("Lefèvre, Hélène")
    assert all("Hélène" in text for text in studies(page).all_inner_texts())
    page.get_by_role("searchbox").fill("AYS sahin")
    expect(studies(page).first).to_contain_text("Şahin, Ayşe")
    expect(page).to_have_url(re.compile(r"\?q=AYS"))
    page.get_by_role("searchbox").fill("山田")
    expect(studies(page).first).to_contain_text("Yamada, Tarou")
    assert violations(page) == []


def test_a_series_is_opened_with_the_keyboard_and_its_uid_copied(page, hospital):
    page.keyboard.type("hélène")
    expect(studies(page).first).to_contain_text("Hélène")
    page.keyboard.press("ArrowDown")
    expect(studies(page).first).to_be_focused()
    page.keyboard.press("ArrowRight")
    series = page.locator("[aria-level='2']")
    expect(series.first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(series.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-level='3']").first).to_be_visible()
    page.keyboard.press("Control+c")
    uid = page.evaluate("navigator.clipboard.readText()")
    found = hospital.server.get(f"/api/series/{uid}")
    assert found["SeriesInstanceUID"] == uid
    assert violations(page) == []


def test_no_page_and_no_route_of_the_admins_answers(page, hospital):
    expect(page.get_by_role("link", name=re.compile("Sources|People|Keys|Audit"))).to_have_count(0)
    for path in ADMINS_PAGES:
        page.goto(hospital.base + path)
        expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    description = hospital.server.get("/openapi.json")
    routes = [
        (method.upper(), path)
        for path, operations in description["paths"].items() for method, operation in operations.items()
        if operation["x-roles"] == ["admin"]]
    assert len(routes) > 20
    # As its own script asks, with the session and its token.
    statuses = page.evaluate("""async routes => {
        const { csrf_token } = await (await fetch("/api/me")).json();
        const ask = async ([method, path]) => (await fetch(path.replace(/\\{\\w+\\}/, "1"), {
            method, headers: { "X-CSRF-Token": csrf_token, "Content-Type": "application/json" }, body: method === "GET" ? undefined : "{}",
        })).status;
        return Promise.all(routes.map(ask));
    }""", routes)
    assert dict(zip(map(" ".join, routes), statuses)) == {" ".join(route): 403 for route in routes}
