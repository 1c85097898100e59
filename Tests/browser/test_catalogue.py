"""Searching: typing, filters, the tree, the keyboard, and every state that a search can be in."""
import re
import urllib.parse

import pytest
from playwright.sync_api import Page, expect

from conftest import violations


@pytest.fixture
def page(site, visitor) -> Page:
    page = visitor.sign_in(site)
    expect(rows(page).first).to_be_visible()
    return page


def rows(page: Page):
    """The rows of studies, series and images, without the header."""
    return page.locator("[role=row][aria-level]")


def query(page: Page):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.url).query))


def test_typing_finds_and_the_address_keeps_it(page):
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("celik ay")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Çelik, Ayşe, Dr.")
    expect(page.get_by_text("1 study", exact=True)).to_be_visible()
    assert query(page) == {"q": "celik ay"}
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("celik ay")
    expect(rows(page)).to_have_count(1)


def test_fast_typing_is_one_search_and_a_late_answer_never_wins(page):
    asked = []

    def answer(route):
        asked.append(route.request.url)
        # The first search is answered last, if ever: it was given up by then.
        if "q=yama&" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    held = []
    page.route("**/api/search?*", answer)
    page.keyboard.type("yama", delay=10)
    expect(page.locator(".search.busy")).to_be_visible()
    page.keyboard.type("da", delay=10)
    expect(rows(page)).to_have_count(1)
    assert [urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["q"][0] for url in asked] == ["yama", "yamada"]
    assert held[0].request.failure == "net::ERR_ABORTED"


def test_names_are_shown_in_every_writing(page):
    page.keyboard.type("yamada")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Yamada, Tarou")
    expect(rows(page)).to_contain_text("山田 太郎")
    show_details(page)
    expect(details(page)).to_contain_text("やまだ たろう")
    expect(details(page)).to_contain_text("20 November 2026")


def show_details(page: Page):
    """Of the first row: a wide screen shows those of the row that one is on."""
    if page.viewport_size["width"] > 1000:
        page.keyboard.press("ArrowDown")
    else:
        rows(page).first.get_by_role("button", name="Details").tap()


def details(page: Page):
    return page.locator("aside.inspector:visible, dialog[open]")


def test_a_contradiction_is_flagged_and_explained(page):
    page.keyboard.type("kowalski lukasz CT")
    expect(rows(page).first).to_contain_text("Files contradict each other")
    show_details(page)
    expect(details(page)).to_contain_text("More than one patient?")
    expect(details(page)).to_contain_text("Kowalski, Łukasz, but also Meier, Hans")
    assert violations(page) == []


def test_everything_works_from_the_keyboard(page, site):
    page.keyboard.type("yamada")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Enter")
    # One study: it opens by itself.
    study = rows(page).first
    expect(study).to_be_focused()
    expect(study).to_have_attribute("aria-expanded", "true")
    series = page.locator("[aria-level='2']")
    expect(series.first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    expect(series.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-level='3']").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-level='3']").first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(series.first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[aria-level='3']")).to_have_count(0)
    page.keyboard.press("Home")
    expect(study).to_be_focused()
    page.keyboard.press("Enter")
    expect(series).to_have_count(0)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("x")
    expect(page.get_by_role("searchbox")).to_have_value("yamadax")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page).to_have_url(site.base + "/catalogue")


def test_a_slash_leads_to_the_search_from_anywhere(page):
    page.get_by_role("button", name="Modality").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows(page).first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_a_press_opens_a_study_and_its_series(page):
    rows(page).first.click()
    expect(page.locator("[aria-level='2']").first).to_be_visible()
    page.locator("[aria-level='2']").first.click()
    expect(page.locator("[aria-level='3']").first).to_be_visible()
    rows(page).first.click()
    expect(page.locator("[aria-level='2']")).to_have_count(0)


def test_filters_are_chips_that_the_address_keeps(page):
    page.get_by_role("button", name="Modality").click()
    page.get_by_label("CT Computed tomography").check()
    page.get_by_label("MR Magnetic resonance").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Body part").click()
    page.get_by_label("Find a body part").fill("che")
    page.get_by_role("button", name="Chest").click()
    page.get_by_role("button", name="Source").click()
    page.get_by_role("button", name="archive", exact=True).click()
    page.get_by_role("button", name="Date").click()
    page.get_by_label("From").fill("2026-01-01")
    page.keyboard.press("Escape")
    assert query(page) == {"modality": "CT,MR", "body_part": "CHEST", "source": "archive", "from": "20260101"}
    expect(page.get_by_role("button", name="Modality: CT, MR", exact=True)).to_be_visible()
    for text in rows(page).all_inner_texts()[:5]:
        assert "Thorax" in text and "2026" in text
    assert violations(page) == []
    page.go_back()
    expect(page.get_by_role("button", name="Date", exact=True)).to_be_visible()
    page.get_by_role("button", name="Clear filter: Source").click()
    assert query(page) == {"modality": "CT,MR", "body_part": "CHEST"}
    page.get_by_role("button", name="Clear filters").click()
    assert query(page) == {}


def test_a_period_is_chosen_with_one_press(page):
    page.get_by_role("button", name="Date").click()
    page.get_by_role("button", name="Last 7 days").click()
    expect(page.get_by_role("button", name="Date: Last 7 days")).to_be_visible()
    assert list(query(page)) == ["from"]


def test_ten_thousand_results_scroll_in_a_page_that_stays_small(page):
    results = page.get_by_role("treegrid")
    for _ in range(200):
        if page.get_by_text("10,000 studies", exact=True).is_visible():
            break
        results.evaluate("element => element.scrollTop = element.scrollHeight")
        page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.get_by_text("10,000 studies", exact=True)).to_be_visible()
    results.evaluate("element => element.scrollTop = element.scrollHeight")
    expect(rows(page).last).to_have_attribute("aria-rowindex", "10001")
    assert page.locator("[role=row]").count() < 80
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(rows(page).last).to_be_focused()


def test_an_active_row_keeps_the_focus_wherever_one_scrolls(page):
    page.keyboard.press("ArrowDown")
    first = rows(page).first
    expect(first).to_be_focused()
    page.get_by_role("treegrid").evaluate("element => element.scrollTop = 2_000")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows(page).nth(1)).to_be_focused()
    expect(rows(page).nth(1)).to_be_in_viewport()


def test_a_uid_is_copied(page, site, visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+c")
    wanted = site.world.catalogue.studies[0]["StudyInstanceUID"]
    assert page.evaluate("navigator.clipboard.readText()") == wanted
    page.evaluate("navigator.clipboard.writeText('')")
    show_details(page)
    details(page).get_by_role("button", name="Copy: Patient ID").first.click()
    assert re.fullmatch(r"\d+", page.evaluate("navigator.clipboard.readText()"))


def test_nothing_found_says_how_to_go_on(page):
    page.keyboard.type("no such patient")
    expect(page.get_by_role("heading", name="No study found")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("main").get_by_role("button", name="Clear search").last.click()
    expect(rows(page).first).to_be_visible()


def test_an_empty_catalogue_says_why(own_site, visitor):
    own_site.world.catalogue.studies.clear()
    page = visitor.sign_in(own_site)
    expect(page.get_by_role("heading", name="The catalogue is empty")).to_be_visible()
    expect(page.get_by_text("as soon as an administrator starts indexing")).to_be_visible()


def test_what_is_indexed_appears_by_itself_where_nothing_was_found(own_site, visitor):
    page = visitor.sign_in(own_site, path="/catalogue?q=newcomer")
    expect(page.get_by_role("heading", name="No study found")).to_be_visible()
    own_site.world.folded[0] += " newcomer"
    own_site.world.studies["newcomer"] = None
    expect(rows(page)).to_have_count(1)


def test_a_failing_server_is_said_with_a_reference_and_asked_again(page):
    body = '{"code":"INTERNAL_ERROR","detail":"It failed.","request_id":"0123abcd"}'
    page.route("**/api/search?*", lambda route: route.fulfill(status=500, content_type="application/problem+json", body=body))
    page.keyboard.type("yamada")
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on the server")
    expect(page.get_by_role("alert")).to_contain_text("0123abcd")
    assert violations(page) == []
    page.unroute("**/api/search?*")
    page.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(1)


def test_too_many_requests_say_how_long_to_wait(page):
    page.route("**/api/search?*", lambda route: route.fulfill(
        status=429, headers={"Retry-After": "7", "Content-Type": "application/problem+json"}, body='{"code":"TOO_MANY_REQUESTS"}'))
    page.keyboard.type("yamada")
    expect(page.get_by_text("Please wait 7 seconds, then try again.")).to_be_visible()


def test_when_only_a_later_page_fails_the_results_stay(page):
    page.route(re.compile(r"/api/search\?.*after="), lambda route: route.fulfill(status=503))
    page.keyboard.type("ct")
    expect(rows(page).first).to_contain_text("Çelik")
    expect(page.get_by_text("60 studies, more below")).to_be_visible()
    page.get_by_role("treegrid").evaluate("element => element.scrollTop = element.scrollHeight")
    expect(page.get_by_text("The studies that follow could not be loaded.")).to_be_visible()
    assert violations(page) == []
    page.unroute(re.compile(r"/api/search\?.*after="))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(re.compile(r"^260 studies"))).to_be_visible()


def test_a_study_whose_series_cannot_be_read_says_so_in_its_place(page):
    page.route("**/api/studies/*/series", lambda route: route.fulfill(status=503))
    rows(page).first.click()
    expect(page.locator(".row.failed")).to_contain_text("Try again in a moment")
    page.unroute("**/api/studies/*/series")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[aria-level='2']").first).to_be_visible()
    expect(page.locator(".row.failed")).to_have_count(0)
