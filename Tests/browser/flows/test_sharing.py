"""Sharing with somebody outside: made by a clinician, opened by a recipient who has no account, with and without script."""

from __future__ import annotations

import re
import subprocess

import pydicom
import pytest
from playwright.sync_api import Page, expect

from conftest import violations
from flows.conftest import Place
from flows.steps import dialog, done, go, studies
from share_support import check_archive, contents_of
from support import configure, smb_source


@pytest.fixture
def department(fileroom, start, serve, make_tree, add_people, admin_key):
    """A server with an admin "weber", a clinician "mey" and a NAS that was indexed."""
    tree, _ = make_tree("--files", 300, "--patients", 6)
    configure(fileroom, smb_source(serve(tree)))
    add_people(weber="admin", mey="clinician")
    fileroom("index", "nas")
    place = Place(start())
    place.server.key = admin_key()
    place.tree = tree
    return place


@pytest.fixture
def doubtful(fileroom, start, make_tree, add_people, admin_key, tmp_path):
    """A server with a clinician "mey" and one study, of which one file names somebody else."""
    make_tree("--files", 8, "--patients", 1, "--studies", 1, folder=tmp_path / "archive")
    file = sorted(path for path in (tmp_path / "archive").rglob("*") if path.is_file())[0]
    header = pydicom.dcmread(file)
    header.PatientName, header.SpecificCharacterSet = "Somebody^Else", "ISO_IR 100"
    header.save_as(file)
    configure(fileroom, {"name": "archive", "type": "local", "path": "archive"})
    add_people(mey="clinician")
    fileroom("index", "archive")
    place = Place(start())
    place.server.key = admin_key()
    return place


def largest(place: Place) -> dict:
    """The study with the most images that nothing contradicts."""
    found = [one for one in place.server.get("/api/search?level=study&limit=100")["results"] if not one["has_conflict"]]
    return max(found, key=lambda one: one["NumberOfStudyRelatedInstances"])


def share(page: Page, study: dict):
    """Finds a study and opens the dialog that shares it, as one does on a screen of that size."""
    page.get_by_role("searchbox").fill(study["AccessionNumber"] or study["PatientID"])
    row = studies(page).filter(has_text=study["PatientID"]).first
    expect(row).to_be_visible()
    if page.viewport_size["width"] > 1000:
        row.hover()
        row.get_by_role("button", name="Share study").click()
    else:
        row.get_by_role("button", name="Details").click()
        dialog(page, "Details").get_by_role("button", name="Share study").click()
    return dialog(page, "Share with somebody outside")


def leave(page: Page) -> None:
    """The link is known; back to the list, on a phone past the sheet that one came from."""
    dialog(page, "The link is ready").get_by_role("button", name="I have sent or stored it").click()
    expect(page.get_by_role("dialog", name="The link is ready")).to_have_count(0)
    if page.viewport_size["width"] < 1000:
        dialog(page, "Details").get_by_role("button", name="Close", exact=True).click()


def give(recipient: Page, password: str) -> None:
    recipient.get_by_label("Password", exact=True).fill(password)
    recipient.get_by_role("button", name="Open").click()


def test_a_link_is_made_opened_after_three_wrong_passwords_and_what_it_gives_is_whole(department, visit_securely, tmp_path):
    study = largest(department)
    page = visit_securely().sign_in(department, "mey")
    terms = share(page, study)
    terms.get_by_label("Note for the recipient").fill("As discussed.\nKind regards")
    terms.get_by_text("More options").click()
    terms.get_by_label("Show patient and study on the page").check()
    password = terms.get_by_label("Password", exact=True).input_value()
    terms.get_by_role("button", name="Create link").click()
    made = dialog(page, "The link is ready")
    link = made.get_by_label("Link", exact=True).input_value()
    assert violations(page) == []
    code = tmp_path / "code.png"
    made.get_by_role("img", name="QR code of the link").screenshot(path=code)
    assert subprocess.run(["zbarimg", "-q", "--raw", code], capture_output=True, text=True).stdout.strip() == link
    leave(page)

    recipient = visit_securely().open(Place(department.server), "/" + link.split("/", 3)[3])
    expect(recipient.locator("main")).to_contain_text("mey")
    names = [part for part in re.split(r"[\^=]+", study["PatientName"]) if part]
    for secret in (*names, study["PatientID"], "As discussed", study["StudyDescription"]):
        assert secret not in recipient.content()
    assert violations(recipient) == []
    for _ in range(3):
        give(recipient, "not the password")
        expect(recipient.get_by_role("alert")).to_be_visible()
    assert violations(recipient) == []
    give(recipient, password)
    expect(recipient.locator("main")).to_contain_text("As discussed.")
    expect(recipient.locator("main")).to_contain_text(study["PatientID"])
    assert violations(recipient) == []
    with recipient.expect_download() as download:
        recipient.get_by_role("link", name="Download").click()
    assert not any(name in download.value.suggested_filename for name in names)
    check_archive(download.value.path().read_bytes(), contents_of(department.tree, study["StudyInstanceUID"]), tmp_path)

    go(page, "Shares")
    line = page.locator("tbody tr")
    for words in ("Active", "With password", "3 wrong passwords"):
        expect(line).to_contain_text(words)
    expect(page.locator(".share-figures > div", has_text="Downloads").locator("dd")).to_have_text("1")
    assert link not in page.content() and password not in page.content()
    line.get_by_role("button", name=re.compile("^Manage share")).click()
    page.locator(".popover:popover-open").get_by_role("button", name="Details and log").click()
    about = dialog(page, "Share")
    expect(about.get_by_role("row").filter(has_text="Wrong password")).to_have_count(3)
    expect(about.get_by_role("row").filter(has_text=re.compile("Download.*127.0.0.1"))).to_have_count(1)
    assert violations(page) == []
    about.get_by_role("button", name="Close").first.click()
    line.get_by_role("button", name=re.compile("^Manage share")).click()
    page.locator(".popover:popover-open").get_by_role("button", name="Revoke").click()
    dialog(page, "Revoke the link?").get_by_role("button", name="Revoke").click()
    done(page, "The link is revoked.")
    expect(line).to_contain_text("Revoked")
    recipient.reload()
    expect(recipient.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert violations(recipient) == []
    log = department.server.stop()
    assert password not in log and link.rsplit("/", 1)[1] not in log


def test_without_a_password_one_press_downloads_and_the_page_speaks_the_recipients_language(department, visit_securely, tmp_path):
    study = largest(department)
    page = visit_securely(color_scheme="dark").sign_in(department, "weber")
    terms = share(page, study)
    terms.get_by_label("Password", exact=True).fill("")
    terms.get_by_label("Number of downloads").fill("1")
    terms.get_by_role("button", name="Create link").click()
    link = dialog(page, "The link is ready").get_by_label("Link", exact=True).input_value()
    visitor = visit_securely(java_script_enabled=False, locale="de-DE", color_scheme="dark")
    recipient = visitor.open(Place(department.server), "/" + link.split("/", 3)[3])
    expect(recipient.locator("html")).to_have_attribute("lang", "de")
    with recipient.expect_download() as download:
        recipient.get_by_role("button", name="Herunterladen").click()
    check_archive(download.value.path().read_bytes(), contents_of(department.tree, study["StudyInstanceUID"]), tmp_path)
    # It is used up: for anybody else there is nothing any more.
    other = visit_securely(java_script_enabled=False, locale="de-DE").open(Place(department.server), "/" + link.split("/", 3)[3])
    expect(other.get_by_role("heading", name="Dieser Link funktioniert nicht")).to_be_visible()
    leave(page)
    go(page, "Shares")
    expect(page.locator("tbody tr")).to_contain_text("Used up")
    expect(page.locator("tbody tr")).to_contain_text("1 of 1")


def test_a_study_that_names_two_patients_is_shared_only_by_who_says_to_have_looked(doubtful, visit_securely):
    study = doubtful.server.get("/api/search?level=study")["results"][0]
    page = visit_securely().sign_in(doubtful, "mey")
    share(page, study).get_by_role("button", name="Create link").click()
    question = dialog(page, "Images of more than one patient?")
    expect(question).to_contain_text("Else")
    expect(question).to_contain_text("Patient name")
    assert violations(page) == []
    question.get_by_role("button", name="Share all the same").click()
    expect(question.get_by_text("Please confirm that you have looked.")).to_be_visible()
    assert doubtful.server.get("/api/shares")["shares"] == []
    question.get_by_label("I have looked: all of it may go to this recipient.").check()
    question.get_by_role("button", name="Share all the same").click()
    leave(page)
    assert doubtful.server.get("/api/shares")["shares"][0]["is_conflict_confirmed"]
