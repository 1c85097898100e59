"""What every page has in common."""
import re

import pytest
from playwright.sync_api import expect

from conftest import violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/catalogue", "/shares", "/account", "/nowhere-to-be-found"])
def test_axe_finds_nothing(site, visit, path, scheme):
    page = visit(color_scheme=scheme).sign_in(site, path=f"/sign-in?return={path}")
    page.evaluate("path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }", path)
    expect(page.locator("main h1, main h2").first).to_be_attached()
    assert violations(page) == []


def test_script_in_the_page_is_refused(site, visitor):
    page = visitor.sign_in(site)
    refused = page.evaluate("""() => new Promise(resolve => {
        addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.wasRun = true";
        document.head.append(script);
    })""")
    assert refused == "script-src-elem"
    assert page.evaluate("window.wasRun") is None
    visitor.complaints.clear()


def test_a_name_that_looks_like_markup_is_text(own_site, visitor):
    study = own_site.world.catalogue.studies[0]
    study["PatientName"] = "<b>Bob</b>^<script>alert(1)</script>"
    page = visitor.sign_in(own_site)
    expect(page.get_by_text("<b>Bob</b>, <script>alert(1)</script>").first).to_be_visible()
    assert page.locator("main script, main b").count() == 0


def test_the_language_changes_at_once_and_lasts(site, visitor):
    page = visitor.sign_in(site, path="/account")
    page.get_by_role("button", name="Account of weber").click()
    page.get_by_role("radio", name="Deutsch").check()
    expect(page.get_by_role("heading", name="Ihr Konto")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.reload()
    expect(page.get_by_role("heading", name="Ihr Konto")).to_be_visible()
    assert violations(page) == []


def test_the_browsers_language_is_taken_unless_one_was_chosen(site, visit):
    page = visit(locale="de-DE").open(site, "/sign-in")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()


def test_the_theme_changes_at_once_and_lasts(site, visit):
    page = visit(color_scheme="light").sign_in(site)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Account of weber").click()
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_cut_connection_is_shown_and_the_page_goes_on_by_itself(site, visitor):
    page = visitor.sign_in(site)
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    visitor.context.set_offline(True)
    page.get_by_role("searchbox").fill("yamada")
    expect(page.get_by_text("No connection to Fileroom.")).to_be_visible()
    expect(page.get_by_role("heading", name="Fileroom cannot be reached")).to_be_visible()
    assert violations(page) == []
    visitor.context.set_offline(False)
    expect(page.get_by_text("Yamada, Tarou").first).to_be_visible()
    expect(page.get_by_text("No connection to Fileroom.")).to_have_count(0)
    visitor.complaints.clear()


def test_all_tabs_of_a_browser_share_one_stream_and_another_takes_over(own_site, visitor):
    first = visitor.sign_in(own_site)
    others = [visitor.open(own_site, "/catalogue") for _ in range(3)]
    total = re.compile("The catalogue has 300 studies")
    for page in [first, *others]:
        expect(page.locator(".summary")).to_have_attribute("title", total)
    assert own_site.world.open_streams == 1
    first.close()
    late = visitor.open(own_site, "/catalogue")
    own_site.world.studies["another"] = None
    for page in [*others, late]:
        expect(page.locator(".summary")).to_have_attribute("title", re.compile("The catalogue has 301 studies"))
        expect(page.get_by_role("button", name="Show new studies")).to_have_count(0 if page is late else 1)


def test_a_finger_finds_every_target(site, visitor):
    if visitor.size != "phone":
        pytest.skip("fingers are for phones")
    for path in ("/catalogue", "/shares", "/account"):
        page = visitor.sign_in(site) if path == "/catalogue" else visitor.open(site, path)
        expect(page.locator("main h1")).to_be_attached()
        expect(page.locator("main :is(button, a):visible").first).to_be_visible()
        small = page.evaluate("""() => [...document.querySelectorAll("button, a, input, select, [role=row][tabindex]")]
            .filter(element => element.checkVisibility() && !element.closest(".visually-hidden, .skip"))
            .map(element => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
            .map(([text, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${text}`)""")
        assert small == []


def test_the_first_tab_stop_leads_past_the_navigation(site, visitor):
    page = visitor.sign_in(site, path="/account")
    page.reload()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
