"""Pictures for the README, taken from the running product; only when FILEROOM_SCREENSHOTS is set, since a test changes no file."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import ROOT
from flows.conftest import Place
from flows.steps import badge, card, dialog, studies
from support import configure, smb_source, until

FOLDER = ROOT / "docs/screenshots"

pytestmark = pytest.mark.skipif("FILEROOM_SCREENSHOTS" not in os.environ, reason="FILEROOM_SCREENSHOTS is not set")


@pytest.fixture
def department(fileroom, start, serve, make_tree, add_people, admin_key):
    """A department whose archive was indexed, and whose newer share is being read."""
    archive, newer = make_tree("--files", 1_500, "--patients", 90, "--seed", 7)[0], make_tree("--files", 2_400, "--patients", 40, "--seed", 8)[0]
    share, other = serve(archive), serve(newer)
    configure(fileroom, smb_source(share, "archive", schedule="0 3 * * *"), smb_source(other, "radiology", bytes_per_second=400_000, watch=True))
    add_people(weber="admin")
    fileroom("index", "archive")
    server = start()
    server.key = admin_key()
    return Place(server)


def search(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "?q=knee&modality=CT")
    expect(page.get_by_role("searchbox")).to_have_value("knee")
    expect(studies(page).first).to_contain_text("CT")


def open_first(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[aria-level='2']").first).to_be_visible()


def take(page: Page, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    page.mouse.move(0, 0)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def test_pictures_of_the_catalogue_jobs_and_sources(department, visit_securely, size):
    page = visit_securely(color_scheme="light").sign_in(department, "weber")
    search(page)
    if size == "phone":
        page.get_by_role("searchbox").blur()
        take(page, "catalogue-phone")
        return
    open_first(page)
    take(page, "catalogue-desktop")
    department.server("POST", "/api/index/start", {"source": "radiology"}, status=202)
    page.goto(department.base + "/sources")
    expect(badge(card(page, "radiology"), "Running")).to_be_visible()
    page.goto(department.base + "/jobs")
    bar = page.get_by_role("progressbar", name="Progress of radiology")
    # On its way, with a chart that has something to show.
    until(lambda: re.match(r"1,[2-9]\d\d", bar.get_attribute("aria-valuetext") or ""), "hundreds of files are processed", 120)
    take(page, "jobs-desktop")
    page.goto(department.base + "/sources")
    expect(card(page, "radiology").get_by_role("progressbar")).to_be_visible()
    take(page, "sources-desktop")
    dark = visit_securely(color_scheme="dark").sign_in(department, "weber")
    search(dark)
    open_first(dark)
    take(dark, "catalogue-desktop-dark")


def test_pictures_of_sharing(department, visit_securely, size):
    if size == "phone":
        found = department.server.get("/api/search?level=study&q=knee&limit=1")["results"][0]
        order = {"items": [{"type": "study", "uid": found["StudyInstanceUID"]}], "note": "As discussed.", "language": "en"}
        link = department.server("POST", "/api/shares", order, status=201).json["link"]
        recipient = visit_securely(color_scheme="light").open(department, "/" + link.split("/", 3)[3])
        expect(recipient.get_by_role("button", name="Download")).to_be_visible()
        take(recipient, "recipient-phone")
        return
    page = visit_securely(color_scheme="light").sign_in(department, "weber")
    search(page)
    studies(page).first.hover()
    studies(page).first.get_by_role("button", name="Share study").click()
    dialog(page, "Share with somebody outside").get_by_role("button", name="Create link").click()
    expect(dialog(page, "The link is ready")).to_be_visible()
    take(page, "share-desktop")
