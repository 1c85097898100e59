"""The page of shares: what became of each, and what can be done with it."""
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import violations
from stand_in_shares import moment


@pytest.fixture
def shares(own_site):
    return own_site.world.shares


def add(shares, study: int, creator: str = "weber", **terms):
    uid = shares.world.catalogue.studies[study]["StudyInstanceUID"]
    return shares.add(creator, [{"type": "study", "uid": uid}], **terms)


def lines(page: Page):
    return page.locator("tbody tr")


def choose(page: Page, line: int, item: str) -> None:
    lines(page).nth(line).get_by_role("button", name=re.compile("^Manage share")).click()
    page.locator(".popover:popover-open").get_by_role("button", name=item, exact=True).click()


def done(page: Page, words: str) -> None:
    toast = page.locator(".toast", has_text=words)
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Dismiss").click()


def dialog(page: Page, name: str):
    found = page.get_by_role("dialog", name=name, exact=True)
    expect(found).to_be_visible()
    return found


def figure(page: Page, name: str):
    return page.locator(".share-figures > div", has_text=name).locator("dd")


def test_each_share_says_what_became_of_it(own_site, shares, visitor):
    add(shares, 3, state="revoked", revoked_at=moment(), revoked_by="weber")
    add(shares, 4, state="locked", failed_passwords=100, has_password=True)
    add(shares, 5, downloads=2, max_downloads=5, active_downloads=1, last_accessed=moment(-120), access_count=9, note="As discussed")
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    expect(lines(page)).to_have_count(3)
    for line, words in enumerate((["Active", "No password", "2 of 5", "1 running", "2 minutes ago", "As discussed"],
                                  ["Locked", "With password", "100 wrong passwords", "Never"], ["Revoked"])):
        for each in words:
            expect(lines(page).nth(line)).to_contain_text(each)
    for name, value in {"Active links": "1", "Locked": "1", "Downloads": "2", "Wrong passwords": "100", "Accesses": "9"}.items():
        expect(figure(page, name)).to_have_text(value)
    # Nobody who looks over a shoulder reads a name.
    assert own_site.world.catalogue.studies[5]["PatientName"].split("^")[0] not in page.content()
    assert violations(page) == []


def test_what_runs_is_shown_while_one_looks(own_site, shares, visitor):
    share = add(shares, 3)
    page = visitor.open(own_site, "/sign-in?return=/shares")
    page.clock.install()
    page.get_by_label("User name", exact=True).fill("weber")
    page.get_by_label("Password", exact=True).fill(own_site.password)
    page.get_by_role("button", name="Sign in").click()
    expect(lines(page)).to_contain_text("Never")
    share |= {"active_downloads": 1, "last_accessed": moment()}
    page.clock.fast_forward(16_000)
    expect(lines(page)).to_contain_text("1 running")


def test_a_share_is_extended_changed_and_revoked(own_site, shares, visitor):
    share = add(shares, 3, has_password=True, note="before")
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    choose(page, 0, "Extend")
    form = dialog(page, "Extend the link")
    form.get_by_label("Link ends after").select_option(label="7 days")
    assert violations(page) == []
    form.get_by_role("button", name="Save").click()
    done(page, "The link is valid until")
    assert share["expires_at"] > moment(6 * 86_400)

    choose(page, 0, "Change")
    form = dialog(page, "Change share")
    form.get_by_label("No password any more").check()
    form.get_by_label("Number of downloads").fill("none")
    assert violations(page) == []
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".field-error:visible")).to_be_visible()
    form.get_by_label("Number of downloads").fill("2")
    form.get_by_label("Note for the recipient").fill("")
    form.get_by_role("button", name="Save").click()
    done(page, "The share is changed.")
    assert (share["has_password"], share["max_downloads"], share["note"]) == (False, 2, "")
    expect(lines(page)).to_contain_text("0 of 2")

    choose(page, 0, "Revoke")
    question = dialog(page, "Revoke the link?")
    assert violations(page) == []
    question.get_by_role("button", name="Cancel").click()
    assert share["state"] == "active"
    choose(page, 0, "Revoke")
    question.get_by_role("button", name="Revoke").click()
    done(page, "The link is revoked.")
    expect(lines(page)).to_contain_text("Revoked")
    lines(page).get_by_role("button", name=re.compile("^Manage share")).click()
    expect(page.locator(".popover:popover-open").get_by_role("button")).to_have_text(["Details and log"])


@pytest.mark.parametrize("state, failed", [("locked", 100), ("active", 10)], ids=["for everybody", "for one network"])
def test_a_locked_link_is_unlocked_after_saying_what_happened(own_site, shares, visitor, state, failed):
    share = add(shares, 3, state=state, failed_passwords=failed, has_password=True)
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    choose(page, 0, "Unlock")
    question = dialog(page, "Unlock the link?")
    expect(question).to_contain_text(f"{failed} wrong passwords were given.")
    question.get_by_role("button", name="Unlock").click()
    done(page, "The link takes passwords again.")
    expect(lines(page)).to_contain_text("Active")
    assert share["failed_passwords"] == 0


def test_details_name_the_patient_and_who_opened_the_link(own_site, shares, visitor):
    share = add(shares, 0, note="As discussed", access_count=2)
    entry = {"ip_address": "203.0.113.7", "user_agent": "curl/8.5", "code": "ok", "bytes": 0, "range": None}
    shares.log[share["id"]] = [
        {**entry, "id": 3, "accessed_at": moment(), "action": "download", "success": None, "range": "4096-12004096", "bytes": 12_000_000},
        {**entry, "id": 2, "accessed_at": moment(), "action": "unlock", "success": False, "code": "SHARE_REFUSED"},
        {**entry, "id": 1, "accessed_at": moment(), "action": "view", "success": True},
    ]
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    choose(page, 0, "Details and log")
    about = dialog(page, "Share")
    for words in ("Yamada, Tarou", "As discussed", "203.0.113.7", "curl", "Page opened", "12\xa0MB", "Download resumed Running"):
        expect(about).to_contain_text(words)
    expect(about.get_by_role("row", name=re.compile("Password given"))).to_contain_text("Wrong password")
    assert violations(page) == []


def test_what_was_shared_and_is_gone_is_said(own_site, shares, visitor):
    add(shares, 0)
    uid = own_site.world.catalogue.studies[0]["StudyInstanceUID"]
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    expect(lines(page)).to_have_count(1)
    del own_site.world.studies[uid]
    choose(page, 0, "Details and log")
    about = dialog(page, "Share")
    expect(about).to_contain_text(f"No longer in the catalogue: {uid}")
    expect(about).to_contain_text("Nobody has opened the link yet.")


def test_an_administrator_sees_all_and_the_address_keeps_the_filter(own_site, shares, visitor):
    add(shares, 3, creator="weber")
    add(shares, 4, creator="admin", state="expired", expires_at=moment(-60))
    page = visitor.sign_in(own_site, "admin", "/sign-in?return=/shares")
    expect(lines(page)).to_have_count(2)
    page.get_by_label("Created by").select_option(label="weber")
    expect(lines(page)).to_have_count(1)
    expect(lines(page)).to_contain_text("weber")
    expect(page).to_have_url(own_site.base + "/shares?creator=weber")
    page.get_by_label("State").select_option(label="Ended")
    expect(page.get_by_role("heading", name="No share fits the filter")).to_be_visible()
    assert violations(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="No share fits the filter")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(lines(page)).to_have_count(2)
    page.get_by_label("Created by").select_option(label="Me")
    expect(lines(page)).to_have_count(1)
    expect(lines(page)).to_contain_text("Ended")


def test_a_clinician_sees_their_own_only(own_site, shares, visitor):
    add(shares, 4, creator="admin")
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    expect(page.get_by_role("heading", name="Nothing is shared")).to_be_visible()
    expect(page.get_by_label("Created by")).to_have_count(0)
    page.get_by_role("link", name="To the catalogue").click()
    expect(page.get_by_role("searchbox")).to_be_visible()


def test_many_shares_come_page_by_page(own_site, shares, visitor):
    for _ in range(60):
        add(shares, 3)
    page = visitor.sign_in(own_site, path="/sign-in?return=/shares")
    expect(lines(page)).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(lines(page)).to_have_count(60)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_failing_server_is_said_and_the_list_comes_back_by_itself(own_site, shares, visitor):
    add(shares, 3)
    page = visitor.sign_in(own_site)
    page.route("**/api/shares?*", lambda route: route.fulfill(status=500, body="{}"))
    page.goto(own_site.base + "/shares")
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on the server")
    assert violations(page) == []
    page.unroute("**/api/shares?*")
    page.get_by_role("button", name="Try again").click()
    expect(lines(page)).to_have_count(1)
    visitor.context.set_offline(True)
    page.get_by_label("State").select_option(label="Active")
    expect(page.get_by_role("heading", name="Fileroom cannot be reached")).to_be_visible()
    visitor.context.set_offline(False)
    expect(lines(page)).to_have_count(1)
    visitor.complaints.clear()
