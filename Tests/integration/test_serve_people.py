"""Users, keys, audit trail and backups: on the command line, with and without a server, and what they mean to the server."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import threading

import pytest

from server_support import PASSWORD
from support import configure, exported_files, is_sound, smb_source, until

FILES = 300


@pytest.fixture(params=["without a server", "with a server"])
def anywhere(request, start):
    """The same must hold whether a server runs or not."""
    if request.param == "with a server":
        start()


# MARK: Users


def test_users_are_added_listed_changed_and_disabled(fileroom, anywhere, password_file):
    added = fileroom("user", "add", "Anna", "--role", "admin", "--password-file", password_file, "--json").json
    assert (added["name"], added["role"], added["is_disabled"]) == ("Anna", "admin", False)
    fileroom("user", "add", "berta", "--role", "clinician", "--password-file", password_file)
    assert "user of this name" in fileroom("user", "add", "anna", "--role", "admin", "--password-file", password_file, code=1).err
    # Somebody must be left who can change it back.
    for last in (["disable", "anna"], ["role", "anna", "--role", "clinician"]):
        assert "last admin" in fileroom("user", *last, code=1).err
    assert "admin" in fileroom("user", "role", "berta", "--role", "admin").out
    fileroom("user", "disable", "anna")
    shown = {user["name"]: user for user in fileroom("user", "list", "--json").json["users"]}
    assert shown["Anna"]["is_disabled"] and shown["berta"]["role"] == "admin"
    assert "disabled" in fileroom("user", "list").out
    fileroom("user", "enable", "anna")
    fileroom("user", "disable", "nobody", code=66)
    password_file.write_text("short")
    assert "password" in fileroom("user", "passwd", "anna", "--password-file", password_file, code=64).err
    # Nobody is there to ask.
    assert "--password-file" in fileroom("user", "passwd", "anna", code=64).err


def test_a_password_is_typed_twice_and_not_shown(fileroom):
    def typed(*passwords: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [fileroom.program, "user", "add", "anna", "--role", "admin"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=fileroom.working_folder,
            env={**fileroom.environment, "FILEROOM_DATA": str(fileroom.data)}, start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)))  # makes it the controlling terminal
        os.close(theirs)
        shown = b""
        for question, password in zip((b"New password of anna:", b"The same again:"), passwords):
            while question not in shown:
                shown += os.read(ours, 1_024)
            os.write(ours, password.encode() + b"\n")
        try:
            while part := os.read(ours, 1_024):
                shown += part
        except OSError:  # how a terminal says that its other side is closed
            pass
        os.close(ours)
        return process.wait(30), shown.decode()

    code, shown = typed(PASSWORD, "something else")
    assert code == 64 and "differ" in shown and PASSWORD not in shown
    code, shown = typed(PASSWORD, PASSWORD)
    assert code == 0 and "anna can sign in as admin" in shown and PASSWORD not in shown


def test_what_the_command_line_says_of_a_user_counts_for_a_running_server_at_once(fileroom, start, password_file):
    server = start()
    sign_in = {"name": "anna", "password": PASSWORD}
    server("POST", "/auth/session", sign_in, status=401)
    fileroom("user", "add", "anna", "--role", "clinician", "--password-file", password_file)
    made = server("POST", "/auth/session", sign_in, status=200)
    cookie = made.headers["Set-Cookie"].split(";")[0]
    assert server.get("/api/me", Cookie=cookie)["user"]["role"] == "clinician"
    server("GET", "/api/users", Cookie=cookie, status=403)
    fileroom("user", "passwd", "anna", "--password-file", password_file)
    assert server.get("/api/me", Cookie=cookie)["user"] is None
    token = server("POST", "/auth/login", sign_in, status=200).json["access_token"]
    assert server.get("/api/me", Authorization=f"Bearer {token}")["user"]["method"] == "token"
    fileroom("user", "add", "root", "--role", "admin", "--password-file", password_file)
    fileroom("user", "disable", "anna")
    assert server.get("/api/me", Authorization=f"Bearer {token}")["user"] is None
    server("POST", "/auth/session", sign_in, status=401)


# MARK: Keys


def test_keys_are_made_shown_once_listed_and_revoked(fileroom, anywhere):
    made = fileroom("key", "create", "pacs", "--role", "uploader", "--expires", "2099-12-31", "--json").json
    assert made["key"].startswith("frk_") and made["expires_at"] == "2099-12-31T23:59:59.999Z"
    plain = fileroom("key", "create", "--role", "clinician")
    assert plain.out.startswith("frk_") and len(plain.out.splitlines()) == 1 and "shown this once" in plain.err
    listed = fileroom("key", "list")
    assert "pacs" in listed.out and "frk_" not in listed.out
    fileroom("key", "revoke", made["id"])
    assert [bool(key["revoked_at"]) for key in sorted(fileroom("key", "list", "--json").json["keys"], key=lambda key: key["id"])] == [True, False]
    fileroom("key", "revoke", 77, code=66)
    # The past has no keys.
    fileroom("key", "create", "--role", "admin", "--expires", "2001-01-01", code=64)


def test_curl_goes_through_the_api_with_a_key(fileroom, start, make_tree, admin_key):
    tree, _ = make_tree("--files", 60, "--seed", 21)
    server = start()
    authority = fileroom.working_folder / "authority.pem"
    authority.write_text(server.authority)

    def curl(key: str, path: str, *arguments) -> tuple[int, str]:
        ran = subprocess.run(
            ["curl", "--silent", "--show-error", "--cacert", authority, "-H", f"Authorization: Bearer {key}", "-w", "\n%{http_code}",
             *arguments, server.url + path], check=True, capture_output=True, text=True)
        body, _, status = ran.stdout.rpartition("\n")
        return int(status), body

    def post(key: str, path: str, body) -> tuple[int, str]:
        return curl(key, path, "--json", json.dumps(body))

    admin, clinician = admin_key(), admin_key("clinician")
    assert post(admin, "/api/sources", {"name": "a", "type": "local", "path": str(tree)})[0] == 201
    status, body = post(admin, "/api/index/start", {"source": "a"})
    assert status == 202
    job = json.loads(body)["job"]
    until(lambda: json.loads(curl(admin, f"/api/index/jobs/{job}")[1])["state"] == "completed", "the job is completed")
    found = json.loads(curl(clinician, "/api/search?level=study")[1])["results"]
    assert found and json.loads(curl(clinician, f"/api/studies/{found[0]['StudyInstanceUID']}/series")[1])["series"]
    assert curl(clinician, "/api/index/jobs")[0] == curl(clinician, "/api/users")[0] == 403
    assert post(clinician, "/api/index/start", {"source": "a"})[0] == 403
    assert len(json.loads(curl(clinician, "/api/export?format=json", "--compressed")[1])) > 0
    numbers = {key["role"]: key["id"] for key in fileroom("key", "list", "--json").json["keys"]}
    fileroom("key", "revoke", numbers["clinician"])
    assert curl(clinician, "/api/search")[0] == 401
    assert json.loads(curl(admin, "/openapi.json")[1])["openapi"].startswith("3.1")


def test_commands_are_pointed_at_a_server_elsewhere(fileroom, serve, make_tree, start, admin_key, tmp_path):
    tree, _ = make_tree("--files", FILES, "--seed", 22)
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=262_144))
    server = start()
    key, authority = admin_key(), tmp_path / "authority.pem"
    authority.write_text(server.authority)
    (tmp_path / "elsewhere").mkdir()
    fileroom.working_folder, fileroom.data = tmp_path / "elsewhere", tmp_path / "elsewhere/data"
    there = ["--server", server.url, "--server-ca", authority]
    assert "FILEROOM_KEY" in fileroom("status", *there, code=64).err
    fileroom.environment["FILEROOM_KEY"] = key
    assert "--server-ca" in fileroom("status", "--server", server.url, code=77).err
    assert "in clear" in fileroom("status", "--server", "http://fileroom.example", code=64).err
    running = fileroom.start("index", "nas", *there, "--json")
    until(lambda: fileroom("status", *there, "--json").json["files_processed"] >= 20, "files are processed")
    fileroom("pause", "nas", *there)
    until(lambda: fileroom("status", *there, "--json").json["jobs"][0]["state"] == "paused", "paused")
    assert fileroom("source", "metrics", "nas", *there, "--json").json["headers"] > 0
    fileroom("resume", *there)
    out, err = running.communicate(timeout=90)
    assert running.returncode == 0, err.decode()
    assert json.loads(out)["state"] == "completed" and json.loads(out)["files_opened"] == FILES
    assert "completed" in fileroom("status", *there).out and "No errors" in fileroom("errors", *there).out
    assert fileroom("source", "test", "nas", *there, "--json").json["is_path_readable"] is True
    everything = fileroom("search", "--limit", 5_000, "--level", "instance", "--json", *there).json
    assert len({found["SOPInstanceUID"] for found in everything}) == FILES
    assert "PATIENT" in fileroom("search", *there).out
    exported = tmp_path / "all.json"
    fileroom("export", "--output", exported, *there)
    assert sum(len(series["files"]) for series in json.loads(exported.read_text())) == FILES
    fileroom("index", "nowhere", *there, code=66)
    assert fileroom("user", "list", "--json", *there).json["users"] == []
    assert not fileroom.data.exists()
    fileroom.environment["FILEROOM_KEY"] = "frk_wrong"
    fileroom("search", *there, code=77)
    server.stop()
    fileroom("search", *there, code=69)


# MARK: Audit


def test_the_audit_trail_shows_who_did_what_and_that_it_was_changed(fileroom, start, password_file, admin_key):
    server = start()
    key = admin_key()
    fileroom("user", "add", "anna", "--role", "clinician", "--password-file", password_file)
    server("POST", "/auth/session", {"name": "anna", "password": "wrong wrong wrong"}, status=401)
    server.key = key
    fileroom("backup", fileroom.working_folder / "copy")
    entries = server.get("/api/audit")["entries"]
    assert {"key.create", "user.create", "backup"} <= {entry["action"] for entry in entries if entry["actor"] == "local"}
    assert any(entry["outcome"] != "ok" for entry in entries)
    assert fileroom("audit", "verify", "--json").json["is_intact"] is True
    output = fileroom.working_folder / "audit.jsonl"
    fileroom("audit", "export", "--output", output)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert len(lines) >= len(entries) and all(after["previous_hash"] == before["hash"] for before, after in zip(lines, lines[1:]))
    server.stop()
    assert fileroom("audit", "verify").out.startswith("The audit trail is intact")
    with sqlite3.connect(fileroom.data / "ledger.sqlite3") as ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            ledger.execute(f'DROP TRIGGER "{name}"')
        ledger.execute("UPDATE audit SET actor = 'somebody else' WHERE id = 2")
    broken = fileroom("audit", "verify", code=1)
    assert "changed from entry 2 on" in broken.err


def test_a_job_is_in_the_audit_trail_also_when_no_server_runs(fileroom):
    (fileroom.working_folder / "files").mkdir()
    fileroom("index", fileroom.working_folder / "files")
    (fileroom.working_folder / "files").rmdir()
    fileroom("index", fileroom.working_folder / "files", code=None)
    entries = [json.loads(line) for line in fileroom("audit", "export").out.splitlines()]
    started = [(entry["actor"], entry["outcome"] == "ok") for entry in entries if entry["action"] == "index.start"]
    assert started == [("local", True), ("local", False)]


# MARK: Backup


def test_a_backup_of_a_working_server_is_restored_elsewhere(fileroom, serve, make_tree, start, admin_key, password_file):
    tree, _ = make_tree("--files", FILES, "--seed", 23)
    share = serve(tree)
    server = start()
    server.key = admin_key()
    server("POST", "/api/sources", smb_source(share, bytes_per_second=262_144), status=201)
    fileroom("user", "add", "anna", "--role", "admin", "--password-file", password_file)
    server("POST", "/api/index/start", {"source": "nas"}, status=202)
    until(lambda: len(exported_files(fileroom)) >= 10, "files are in the catalogue")
    backup = fileroom.working_folder / "backup"
    made = fileroom("backup", backup, "--json").json
    assert {file["name"] for file in made["files"]} == {"ledger.sqlite3", "catalogue.sqlite3", "secret.key"}
    assert oct(backup.stat().st_mode)[-3:] == "700" and all(oct(path.stat().st_mode)[-3:] == "600" for path in backup.iterdir())
    assert "not empty" in fileroom("backup", backup, code=1).err
    # Nobody's work is put aside.
    assert "stop the server" in fileroom("restore", backup, code=1).err
    server.stop()
    fileroom.data = fileroom.working_folder / "elsewhere"
    fileroom("restore", backup)
    assert is_sound(fileroom) and len(exported_files(fileroom)) >= 10
    again = start()
    again.key = server.key
    assert [user["name"] for user in again.get("/api/users")["users"]] == ["anna"]
    # The interrupted job of the backup is continued, with the password that the key of the backup opens.
    until(lambda: again.get("/api/index/jobs")["jobs"][0]["state"] == "completed", "the job is completed")
    assert len(exported_files(fileroom)) == FILES
    again.stop()
    # What is there is kept, also when it is replaced by the older.
    kept = fileroom("restore", backup).err
    aside = kept.strip().rsplit(" ", 1)[1]
    assert len(exported_files(fileroom)) < FILES
    with sqlite3.connect(f"{aside}/catalogue.sqlite3") as before:
        assert before.execute("SELECT count(*) FROM file").fetchone()[0] == FILES
    (backup / "ledger.sqlite3").write_bytes((backup / "ledger.sqlite3").read_bytes()[:-1] + b"\x01")
    assert "not what was backed up" in fileroom("restore", backup, code=1).err


def test_commands_that_come_at_the_same_moment_all_get_their_turn(fileroom, start):
    """Without a server each becomes the owner for a moment, or is answered by the one that is."""
    names = [f"k{number:02}" for number in range(20)]
    errors: list[str] = []
    threads = [
        threading.Thread(target=lambda name=name: errors.append(fileroom("key", "create", name, "--role", "admin", code=None).err))
        for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error for error in errors if "fileroom:" in error] == [] and len(errors) == len(names)
    assert sorted(key["name"] for key in fileroom("key", "list", "--json").json["keys"]) == names


def test_who_is_signed_out_is_told_nothing_more(fileroom, start, admin_key):
    server = start()
    server.key = admin_key()
    connection = server.connection()
    connection.request("GET", "/api/index/events", headers={"Authorization": f"Bearer {server.key}"})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.readline()
    fileroom("key", "revoke", "1")
    # It ends long before a stream does that nobody revoked; the connection's timeout is shorter than that.
    while stream.readline():
        pass
    server("GET", "/api/index/events", status=401)
