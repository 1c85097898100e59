"""Sign-in, set-up and one's own account."""
import re

from playwright.sync_api import expect

from conftest import violations


def test_signing_in_leads_to_the_page_that_was_asked_for(site, visitor):
    page = visitor.open(site, "/catalogue?q=yamada")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("User name", exact=True)).to_be_focused()
    page.get_by_label("User name", exact=True).fill("weber")
    page.get_by_label("Password", exact=True).fill(site.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_have_value("yamada")
    expect(page).to_have_url(site.base + "/catalogue?q=yamada")
    # Back does not return to the form.
    assert page.evaluate("history.length") <= 3


def test_a_wrong_password_is_said_without_losing_the_name(site, visitor):
    page = visitor.open(site, "/sign-in")
    page.get_by_label("User name", exact=True).fill("weber")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    expect(page.get_by_label("User name", exact=True)).to_have_value("weber")
    assert violations(page) == []


def test_an_empty_form_names_what_is_missing(site, visitor):
    page = visitor.open(site, "/sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("User name", exact=True)).to_be_focused()
    expect(page.get_by_text("Please fill in this field.")).to_have_count(2)


def test_the_address_to_return_to_is_never_another_host(site, visitor):
    page = visitor.sign_in(site, path="/sign-in?return=//example.org/catalogue")
    expect(page).to_have_url(site.base + "/catalogue")


def test_the_set_up_link_makes_the_first_administrator(new_site, visitor):
    page = visitor.open(new_site, f"/setup#token={new_site.setup_code}")
    # Whoever looks over a shoulder or at the history finds no code.
    expect(page).to_have_url(new_site.base + "/setup")
    expect(page.get_by_label("Set-up code")).to_have_count(0)
    assert violations(page) == []
    page.get_by_label("User name", exact=True).fill("m weber")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("At least 12 characters.", exact=True)).to_be_visible()
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("A user name has letters, digits")).to_be_visible()
    page.get_by_label("User name", exact=True).fill("m.weber")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("button", name="Account of m.weber")).to_be_visible()
    assert new_site.world.people == {"m.weber": "admin"}


def test_whoever_opens_a_new_server_is_asked_for_the_code(new_site, visitor):
    page = visitor.open(new_site, "/catalogue")
    expect(page).to_have_url(new_site.base + "/setup")
    page.get_by_label("Set-up code").fill("guess")
    page.get_by_label("User name", exact=True).fill("admin")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("The set-up code is wrong")).to_be_visible()


def test_a_set_up_link_that_is_too_old_costs_nothing_of_what_was_typed(new_site, visitor):
    page = visitor.open(new_site, "/setup#token=of-another-start")
    page.get_by_label("User name", exact=True).fill("m.weber")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Create account").click()
    page.get_by_label("Set-up code").fill(new_site.setup_code)
    expect(page.get_by_label("User name", exact=True)).to_have_value("m.weber")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("button", name="Account of m.weber")).to_be_visible()


def test_a_changed_password_ends_the_other_sessions(own_site, visit):
    other = visit().sign_in(own_site)
    page = visit().sign_in(own_site, path="/account")
    assert violations(page) == []
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password").fill("a much better password")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_be_focused()
    page.get_by_label("Current password").fill(own_site.password)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(page.get_by_label("New password")).to_have_value("")
    other.get_by_role("searchbox").fill("yamada")
    expect(other.get_by_text("Your session has ended.")).to_be_visible()


def test_a_session_elsewhere_is_ended_from_the_account(own_site, visit):
    visit().sign_in(own_site)
    page = visit().sign_in(own_site, path="/account")
    expect(page.get_by_text("This browser", exact=True)).to_have_count(1)
    page.get_by_role("button", name=re.compile("^End the session in")).click()
    expect(page.get_by_role("button", name=re.compile("^End the session in"))).to_have_count(0)
    assert len(own_site.world.sessions) == 1


def test_signing_out_everywhere_asks_first(own_site, visitor):
    page = visitor.sign_in(own_site, path="/account")
    page.get_by_role("button", name="Sign out everywhere").click()
    dialog = page.get_by_role("dialog", name="Sign out everywhere?")
    assert violations(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Sign out everywhere")).to_be_focused()
    page.get_by_role("button", name="Sign out everywhere").click()
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert own_site.world.sessions == {}


def test_signing_out_takes_all_tabs_along_and_leaves_no_search_behind(own_site, visitor):
    first = visitor.sign_in(own_site)
    second = visitor.open(own_site, "/catalogue?q=yamada")
    expect(second.get_by_role("searchbox")).to_have_value("yamada")
    first.get_by_role("button", name="Account of weber").click()
    first.get_by_role("button", name="Sign out").click()
    for page in (first, second):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page).to_have_url(own_site.base + "/sign-in")
        expect(page.get_by_text("Your session has ended.")).to_have_count(0)
