"""What goes wrong on the way: sessions that end, servers that die, files that cannot be read."""

from __future__ import annotations

import re
import signal
import sqlite3

from playwright.sync_api import expect

from conftest import violations
from flows.conftest import PASSWORD, Place
from flows.steps import badge, card
from support import configure, exported_files, is_sound, smb_source, until

FILES = 400


def test_after_kill_9_the_job_goes_on_and_the_page_catches_up_by_itself(fileroom, start, serve, make_tree, add_people, admin_key, visit_securely):
    share = serve(make_tree("--files", FILES, "--patients", 5)[0])
    configure(fileroom, smb_source(share, bytes_per_second=131_072))
    add_people(weber="admin")
    server = start()
    server.key = admin_key()
    page = visit_securely().sign_in(Place(server), "weber", "/sources")
    card(page, "nas").get_by_role("button", name="Start: nas").click()
    until(lambda: server.get("/api/index/status")["files_processed"] >= 40, "files are processed")
    expect(badge(card(page, "nas"), "Running")).to_be_visible()
    server.stop(signal.SIGKILL, code=-signal.SIGKILL)
    expect(page.get_by_text(re.compile("No connection to Fileroom|No news from the server")).first).to_be_visible(timeout=30_000)
    expect(card(page, "nas").locator(".job-progress.stale")).to_be_visible()
    assert violations(page) == []
    configure(fileroom, smb_source(share))
    again = start(listen=f"127.0.0.1:{server.port}")
    again.key = server.key
    # Nobody touches the page.
    expect(badge(card(page, "nas"), "Completed")).to_be_visible(timeout=90_000)
    expect(page.get_by_text(re.compile("No connection to Fileroom|No news from the server"))).to_have_count(0)
    expect(card(page, "nas")).to_contain_text(f"DICOM files{FILES}")
    jobs = again.get("/api/index/jobs")["jobs"]
    assert [(job["state"], job["files_opened"]) for job in jobs] == [("completed", FILES)]
    assert len(exported_files(fileroom)) == FILES and is_sound(fileroom)


def test_a_session_that_expired_leads_to_the_sign_in_and_back(fileroom, start, add_people, visit_securely):
    add_people(weber="admin")
    place = Place(start())
    page = visit_securely().sign_in(place, "weber", "/jobs?state=failed")
    expect(page.get_by_role("heading", name="No such job")).to_be_visible()
    # As if nobody had used it since yesterday.
    with sqlite3.connect(fileroom.data / "ledger.sqlite3") as ledger:
        ledger.execute("UPDATE session SET created_at = created_at - 86400, last_used_at = last_used_at - 86400, expires_at = expires_at - 86400")
    page.get_by_label("State").select_option(label="Paused")
    expect(page.get_by_text("Your session has ended. Sign in to go on where you were.")).to_be_visible()
    page.get_by_label("User name", exact=True).fill("weber")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/jobs\?state="))


def test_damaged_and_unreadable_files_are_named_with_their_cause_and_what_to_do(
        fileroom, start, serve_to_others, make_tree, public_folder, add_people, visit_securely):
    tree, _ = make_tree("--files", 40, folder=public_folder / "tree")
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    files[3].chmod(0o600)
    files[7].chmod(0o600)
    (tree / "damaged.dcm").write_bytes(files[0].read_bytes()[:500])
    share = serve_to_others(tree)
    configure(fileroom, smb_source(share))
    add_people(weber="admin")
    fileroom("index", "nas")
    page = visit_securely().sign_in(Place(start()), "weber", "/sources")
    card(page, "nas").get_by_role("link", name="2", exact=True).click()
    refused = page.locator(".error-class", has_text="The user may not read this")
    expect(refused).to_contain_text("2")
    expect(page.get_by_text("Give the source's user permission to read it, or leave the folder out.")).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row").filter(has=page.locator(".path"))
    expect(rows).to_have_count(2)
    assert violations(page) == []
    refused.click()
    expect(refused).to_have_attribute("aria-pressed", "true")
    expect(rows).to_have_count(2)
    page.get_by_placeholder("Part of a path").fill(files[3].name)
    expect(rows.first).to_contain_text(files[3].name)
    page.get_by_placeholder("Part of a path").fill("no such path")
    expect(page.get_by_text("No error fits the filter.")).to_be_visible()
    # The others were read all the same, the damaged one as far as it goes.
    page.get_by_role("link", name="All jobs").click()
    expect(page.get_by_role("row").filter(has_text="nas")).to_contain_text("Completed")
