"""Sharing: from a row, from details, a selection; what the dialog asks and refuses; the link, which is shown once."""
import json
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import violations


@pytest.fixture
def page(own_site, visitor) -> Page:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.sign_in(own_site)
    expect(rows(page).first).to_be_visible()
    return page


@pytest.fixture
def shares(own_site):
    return own_site.world.shares


def rows(page: Page):
    return page.locator("[role=row][aria-level]")


def dialog(page: Page, name: str):
    found = page.get_by_role("dialog", name=name, exact=True)
    expect(found).to_be_visible()
    return found


def share_first(page: Page, words: str, patient: str = "Yamada, Tarou"):
    """Finds a study and opens the dialog that shares it, as one does on a screen of that size; returns the dialog."""
    page.get_by_role("searchbox").fill(words)
    expect(rows(page).first).to_contain_text(patient)
    if page.viewport_size["width"] > 1000:
        rows(page).first.hover()
        rows(page).first.get_by_role("button", name="Share study").click()
    else:
        rows(page).first.get_by_role("button", name="Details").click()
        dialog(page, "Details").get_by_role("button", name="Share study").click()
    terms = dialog(page, "Share with somebody outside")
    expect(terms.get_by_role("button", name="Create link")).to_be_visible()
    return terms


def sent(page: Page, press, method: str = "POST"):
    """What the page sends to the server when that is pressed."""
    with page.expect_request(lambda request: request.method == method and "/api/shares" in request.url) as request:
        press.click()
    return json.loads(request.value.post_data)


def test_a_study_is_shared_and_its_link_shown_once(page, shares, own_site):
    terms = share_first(page, "yamada")
    expect(terms).to_contain_text("Yamada, Tarou")
    assert violations(page) == []
    body = sent(page, terms.get_by_role("button", name="Create link"))
    study = own_site.world.catalogue.studies[0]
    assert body == {"items": [{"type": "study", "uid": study["StudyInstanceUID"]}], "expires_in_seconds": 86_400,
                    "password": body["password"], "policy": "strict", "shows_patient": False}
    result = dialog(page, "The link is ready")
    link = shares.links[shares.all[0]["id"]]
    expect(result.get_by_label("Link", exact=True)).to_have_value(link)
    expect(result.get_by_label("Password", exact=True)).to_have_value(re.compile(r"^[a-z2-9]{4}(-[a-z2-9]{4}){2}$"))
    assert violations(page) == []
    result.get_by_role("button", name="Copy link").click()
    expect(result.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    # A slip beside it does not lose it.
    page.mouse.click(2, 2)
    page.keyboard.press("Escape")
    result.get_by_role("button", name="I have sent or stored it").click()
    # It is hidden at once, and gone with the event that follows.
    expect(page.get_by_label("Link", exact=True)).to_have_count(0)
    assert link not in page.content()


def test_the_password_is_generated_typed_or_left_out(page, shares):
    terms = share_first(page, "yamada")
    password = terms.get_by_label("Password", exact=True)
    first = password.input_value()
    terms.get_by_role("button", name="Generate").click()
    assert password.input_value() not in ("", first)
    for refused, why in {"short": "At least 8 characters.", "password": "This password is too short or too easy to guess."}.items():
        password.clear()
        password.press_sequentially(refused)
        terms.get_by_role("button", name="Create link").click()
        expect(terms.locator(".field-error:visible")).to_contain_text(why)
    expect(password).to_be_focused()
    assert violations(page) == []
    password.fill("")
    assert "password" not in sent(page, terms.get_by_role("button", name="Create link"))
    expect(dialog(page, "The link is ready").get_by_label("Password", exact=True)).to_have_count(0)
    assert not shares.all[0]["has_password"]


def test_where_a_password_is_required_none_is_refused_before_anything_is_sent(page, shares):
    shares.is_password_required = True
    terms = share_first(page, "yamada")
    terms.get_by_label("Password", exact=True).fill("")
    terms.get_by_role("button", name="Create link").click()
    expect(terms.get_by_text("Please fill in this field.")).to_be_visible()
    assert shares.all == []


def test_all_terms_are_sent_and_a_day_in_the_past_is_refused(page, shares):
    terms = share_first(page, "yamada")
    terms.get_by_label("Link ends after").select_option(label="Day and time…")
    terms.get_by_label("Link ends on").fill("2020-01-01T12:00")
    terms.get_by_label("Number of downloads").fill("3")
    terms.get_by_label("Note for the recipient").fill("As discussed")
    terms.get_by_text("More options").click()
    terms.get_by_label("Language of the page").select_option(label="Deutsch")
    terms.get_by_label("When an image cannot be read").select_option(label="Download the rest")
    terms.get_by_label("Show patient and study on the page").check()
    assert violations(page) == []
    terms.get_by_role("button", name="Create link").click()
    expect(terms.get_by_text("Choose a day and a time in the future.")).to_be_visible()
    terms.get_by_label("Link ends after").select_option(label="7 days")
    body = sent(page, terms.get_by_role("button", name="Create link"))
    assert {key: body[key] for key in body if key not in ("items", "password")} == {
        "expires_in_seconds": 7 * 86_400, "max_downloads": 3, "note": "As discussed", "language": "de", "policy": "manifest",
        "shows_patient": True}
    mail = dialog(page, "The link is ready")
    mail.get_by_text("Mail", exact=True).click()
    expect(mail.get_by_label(re.compile("Without patient data"))).to_have_value(re.compile("medizinische Aufnahmen liegen"))


def test_the_mail_says_nothing_of_the_patient_and_does_not_hold_the_password(page, shares):
    terms = share_first(page, "yamada")
    password = terms.get_by_label("Password", exact=True).input_value()
    terms.get_by_role("button", name="Create link").click()
    result = dialog(page, "The link is ready")
    result.get_by_text("Mail", exact=True).click()
    text = result.get_by_label(re.compile("Without patient data")).input_value()
    href = result.get_by_role("link", name="Open in mail program").get_attribute("href")
    assert shares.links[shares.all[0]["id"]] in text
    assert href.startswith("mailto:?subject=Medical%20images%20for%20you&body=Good%20day")
    for secret in (password, "Yamada", "Tarou", "4000000"):
        assert secret not in text and secret not in href
    assert violations(page) == []


def test_the_qr_code_is_dark_on_light_with_a_quiet_zone_also_on_a_dark_page(own_site, visit):
    page = visit(color_scheme="dark").sign_in(own_site)
    share_first(page, "yamada").get_by_role("button", name="Create link").click()
    code = dialog(page, "The link is ready").get_by_role("img", name="QR code of the link")
    expect(code).to_be_visible()
    assert code.get_attribute("viewBox") == "0 0 41 41"
    colours = code.evaluate("""code => [getComputedStyle(code.querySelector("rect")).fill, getComputedStyle(code.querySelector("path")).stroke,
                                        code.querySelector("path").getBBox().x, code.querySelector("rect").getBBox().width]""")
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)", 4, 41]


def test_files_of_two_patients_are_shared_only_after_one_says_that_one_has_looked(page, shares):
    terms = share_first(page, "kowalski lukasz", "Kowalski, Łukasz")
    terms.get_by_label("Note for the recipient").fill("kept")
    terms.get_by_role("button", name="Create link").click()
    question = dialog(page, "Images of more than one patient?")
    expect(question).to_contain_text("Kowalski, Łukasz, but also Meier, Hans")
    # Other contradictions are no reason to ask.
    expect(question).not_to_contain_text("scout")
    question.get_by_role("button", name="Share all the same").click()
    expect(question.get_by_text("Please confirm that you have looked.")).to_be_visible()
    assert violations(page) == []
    question.get_by_role("button", name="Cancel").click()
    assert shares.all == []
    expect(terms.get_by_label("Note for the recipient")).to_have_value("kept")
    terms.get_by_role("button", name="Create link").click()
    question.get_by_label("I have looked: all of it may go to this recipient.").check()
    assert sent(page, question.get_by_role("button", name="Share all the same"))["confirm_conflict"] is True
    expect(dialog(page, "The link is ready")).to_be_visible()
    assert shares.all[0]["is_conflict_confirmed"] and shares.all[0]["note"] == "kept"


def test_where_the_contradictions_cannot_be_had_the_servers_words_name_them(page):
    terms = share_first(page, "kowalski lukasz", "Kowalski, Łukasz")
    page.route(re.compile(r"/api/studies/[\d.]+$"), lambda route: route.fulfill(status=503))
    terms.get_by_role("button", name="Create link").click()
    expect(dialog(page, "Images of more than one patient?")).to_contain_text("Kowalski^Łukasz and Meier^Hans")


def test_studies_and_series_are_selected_with_the_keyboard_and_shared_together(page, shares, own_site):
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    series = page.locator("[aria-level='2']")
    expect(series.first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(series.first).to_be_focused()
    page.keyboard.press("Shift+Space")
    expect(series.first).to_have_attribute("aria-selected", "true")
    expect(rows(page).nth(1).get_by_role("checkbox")).to_have_attribute("aria-checked", "mixed")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 selected")
    assert violations(page) == []
    page.get_by_role("region", name="Selection").get_by_role("button", name="Share").press("Enter")
    terms = dialog(page, "Share with somebody outside")
    expect(terms).to_contain_text("This is of 2 different people.")
    assert violations(page) == []
    terms.get_by_role("button", name="Create link").press("Enter")
    first, second = own_site.world.catalogue.studies[:2]
    of_second = own_site.world.catalogue.series[second["StudyInstanceUID"]][0]
    dialog(page, "The link is ready").get_by_role("button", name="I have sent or stored it").press("Enter")
    assert shares.all[0]["items"] == [
        {"type": "study", "uid": first["StudyInstanceUID"]}, {"type": "series", "uid": of_second["SeriesInstanceUID"]}]
    expect(page.get_by_role("region", name="Selection")).to_have_count(0)
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_selection_is_gathered_from_several_searches_and_cleared(page):
    if page.viewport_size["width"] > 1000:
        rows(page).first.get_by_role("checkbox").click()
    else:
        rows(page).first.get_by_role("button", name="Details").click()
        dialog(page, "Details").get_by_role("button", name="Select", exact=True).click()
        dialog(page, "Details").get_by_role("button", name="Close").click()
    page.get_by_role("searchbox").fill("celik")
    expect(rows(page)).to_have_count(1)
    rows(page).first.get_by_role("checkbox").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("searchbox").fill("yamada")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first.get_by_role("checkbox")).to_have_attribute("aria-checked", "true")
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_text("2 selected")).to_have_count(0)
    expect(rows(page).first).to_have_attribute("aria-selected", "false")


def test_a_dialog_that_cannot_reach_the_server_says_so_and_keeps_what_was_typed(page, shares, visitor):
    page.route("**/api/shares/settings", lambda route: route.fulfill(status=503))
    page.get_by_role("searchbox").fill("yamada")
    expect(rows(page)).to_have_count(1)
    rows(page).first.get_by_role("button", name="Details" if visitor.size == "phone" else "Share study").click()
    if visitor.size == "phone":
        dialog(page, "Details").get_by_role("button", name="Share study").click()
    terms = dialog(page, "Share with somebody outside")
    expect(terms.get_by_role("alert")).to_contain_text("Something went wrong on the server")
    page.unroute("**/api/shares/settings")
    terms.get_by_role("button", name="Try again").click()
    terms.get_by_label("Note for the recipient").fill("kept")
    visitor.context.set_offline(True)
    terms.get_by_role("button", name="Create link").click()
    expect(terms.get_by_role("alert")).to_contain_text("Check the network.")
    assert violations(page) == []
    visitor.context.set_offline(False)
    terms.get_by_role("button", name="Create link").click()
    expect(dialog(page, "The link is ready")).to_be_visible()
    assert shares.all[0]["note"] == "kept"
    visitor.complaints.clear()
