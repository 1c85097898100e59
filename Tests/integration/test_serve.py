"""`fileroom serve` from outside: its first start, TLS, signals, its end, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import time

import pytest

from server_support import PASSWORD, make_certificate
from support import configure, ended, exported_files, is_running, is_sound, smb_source, status_file, until, workers

FILES = 300


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", FILES, "--patients", 4)[0]


# MARK: First start


def test_the_first_start_prints_a_link_with_which_one_admin_is_made_once(fileroom, start):
    server = start()
    first = server.setup_token()
    server.stop()
    # Every start makes a new link, and voids the one before.
    server = start()
    token = server.setup_token()
    assert token and token != first
    wanted = {"name": "anna", "password": PASSWORD}
    assert server("POST", "/auth/setup", {"token": first, **wanted}, status=403).json["code"] == "SETUP_TOKEN_WRONG"
    made = server("POST", "/auth/setup", {"token": token, **wanted}, status=200)
    assert made.json["user"] == {"name": "anna", "role": "admin", "method": "session"}
    cookie = made.headers["Set-Cookie"]
    assert cookie.startswith("__Host-fileroom=") and "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Lax" in cookie
    assert server.get("/api/users", Cookie=cookie.split(";")[0])["users"][0]["name"] == "anna"
    assert server("POST", "/auth/setup", {"token": token, **wanted}, status=404).json["code"] == "SETUP_DONE"
    log = server.stop()
    assert token not in log and PASSWORD not in log
    assert start().setup_token() is None
    assert [user["name"] for user in fileroom("user", "list", "--json").json["users"]] == ["anna"]


def test_it_starts_without_source_and_user_and_says_that_it_is_ready(start):
    server = start()
    assert server.get("/healthz") == {"status": "ok"}
    assert server.get("/readyz")["status"] == "ok"
    assert server.get("/api/me")["setup_needed"] is True
    assert server("GET", "/api/sources", status=401).headers["WWW-Authenticate"] == "Bearer"


def test_it_shows_the_pages_of_its_web_folder(fileroom, start):
    web = fileroom.working_folder / "pages"
    (web / "js").mkdir(parents=True)
    (web / "index.html").write_text('<!doctype html><script type="module" src="{{assets}}/js/app.js"></script>')
    (web / "js/app.js").write_text("export const x = 1\n")
    configure(fileroom, server={"web_folder": "pages"})
    server = start()
    page = server("GET", "/catalogue", status=200)
    asset = page.body.decode().split('src="')[1].split('"')[0]
    assert asset.startswith("/assets/") and "default-src 'none'" in page.headers["Content-Security-Policy"]
    script = server("GET", asset, status=200)
    assert script.body == b"export const x = 1\n" and "immutable" in script.headers["Cache-Control"]
    for path in ("/nothing", "/assets/0/js/app.js", "/catalogue/x", "/js/app.js"):
        server("GET", path, status=404)


# MARK: TLS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # about the versions, which is the point
@pytest.mark.parametrize(("version", "is_spoken"), [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_only_tls_1_2_and_1_3_are_spoken(version, is_spoken, start):
    server = start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this side would be the one that refuses
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        if is_spoken:
            assert context.wrap_socket(connection).version() == version.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError, match="(?i)eof|alert"):
                context.wrap_socket(connection)


def test_beyond_this_machine_it_listens_with_tls_only_unless_it_is_told_to(fileroom, start):
    refused = fileroom("serve", "--listen", "0.0.0.0:0", code=64)
    assert "--tls-cert" in refused.err and "allow_plain_http" in refused.err and not fileroom.data.exists()
    configure(fileroom, server={"allow_plain_http": True, "listen": "0.0.0.0:0"})
    process = fileroom.start("serve")
    assert b"http://" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    ended(process)
    # On loopback nobody listens in.
    server = start(tls=None)
    assert server.url.startswith("http://127.0.0.1:") and server.get("/healthz")


def test_what_cannot_be_used_ends_the_start_with_a_reason(fileroom, start):
    folder = fileroom.working_folder
    certificate, key = make_certificate(folder, "one")
    _, other = make_certificate(folder, "two")

    def refusal(*arguments, code: int) -> str:
        return fileroom("serve", *arguments, code=code).err

    assert "No such file" in refusal("--tls-cert", "none.pem", "--tls-key", key, code=64)
    assert "not the one of the certificate" in refusal("--tls-cert", certificate, "--tls-key", other, code=64)
    assert "cannot be read" in refusal("--tls-cert", key, "--tls-key", key, code=64)
    assert "index.html" in refusal("--config", configure(fileroom, server={"web_folder": "."}), code=64)
    (folder / "config.json").unlink()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refusal("--listen", f"127.0.0.1:{taken.getsockname()[1]}", code=1)
        assert "Address already in use" in said and str(taken.getsockname()[1]) in said
    assert not (fileroom.data / "control.sock").exists()
    start()
    assert "Another process uses" in refusal("--listen", "127.0.0.1:0", code=1)


def test_its_own_certificate_stays_the_same_from_start_to_start(start):
    server = start()
    first = server.authority
    server.stop()
    assert start().authority == first


def shown_certificate(server) -> str:
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_a_hangup_signal_shows_the_new_certificate_and_the_new_sources(fileroom, start, admin_key):
    folder = fileroom.working_folder
    certificate, key = make_certificate(folder, "live")
    (folder / "a").mkdir()
    configure(fileroom, {"name": "a", "type": "local", "path": "a"})
    server = start("--tls-cert", certificate, "--tls-key", key, tls=None)
    server.authority, server.key = certificate.read_text(), admin_key()
    first = shown_certificate(server)
    assert [source["name"] for source in server.get("/api/sources")["sources"]] == ["a"]
    # What is broken changes nothing.
    whole = certificate.read_text()
    certificate.write_text(whole[:100])
    (folder / "config.json").write_text("{")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: sum(b"stays as it was" in line or b"stay as they were" in line for line in list(server.log)) == 2, "it says so")
    assert shown_certificate(server) == first
    assert [source["name"] for source in server.get("/api/sources")["sources"]] == ["a"]
    make_certificate(folder, "next")
    os.replace(folder / "next.key", key)
    os.replace(folder / "next.pem", certificate)
    configure(fileroom, {"name": "a", "type": "local", "path": "a"}, {"name": "b", "type": "local", "path": "/"})
    server.process.send_signal(signal.SIGHUP)
    until(lambda: shown_certificate(server) != first, "the new certificate is shown")
    server.authority = certificate.read_text()
    until(lambda: [source["name"] for source in server.get("/api/sources")["sources"]] == ["a", "b"], "the new source is known")


# MARK: Jobs


@pytest.fixture
def slow(fileroom, serve, tree):
    """A source named "nas" whose job takes several seconds."""
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=262_144))
    return share


def test_a_job_goes_on_by_itself_after_kill_9(fileroom, slow, start, admin_key):
    server = start()
    server.key = admin_key()
    job = server("POST", "/api/index/start", {"source": "nas"}, status=202).json["job"]
    until(lambda: server.get("/api/index/status")["files_processed"] >= 30, "files are processed")
    pids = workers(server.pid)
    server.stop(signal.SIGKILL, code=-signal.SIGKILL)
    until(lambda: not any(map(is_running, pids)), "its workers end with it", 30)
    configure(fileroom, smb_source(slow))
    again = start()
    again.key = server.key
    # The address is another, the key and the job are the same.
    done = until(lambda: (found := again.get(f"/api/index/jobs/{job}"))["state"] == "completed" and found, "the job is completed")
    assert done["files_opened"] == FILES and len(exported_files(fileroom)) == FILES and is_sound(fileroom)


def test_a_job_whose_share_is_away_goes_on_by_itself_once_it_is_back(fileroom, slow, serve, start, admin_key):
    server = start()
    server.key = admin_key()
    job = server("POST", "/api/index/start", {"source": "nas"}, status=202).json["job"]
    until(lambda: server.get("/api/index/status")["files_processed"] >= 30, "files are processed")
    server.stop(signal.SIGKILL, code=-signal.SIGKILL)
    slow.stop()
    configure(fileroom, smb_source(slow))
    again = start()
    again.key = server.key
    waiting = lambda: (found := again.get(f"/api/index/jobs/{job}"))["retry_at"] and found  # noqa: E731
    failed = until(waiting, "it is to be tried again", 120)
    assert failed["state"] == "failed" and failed["error_type"] == "network" and failed["error_code"]
    assert f"tried again at {failed['retry_at']}" in fileroom("status").out
    serve(slow.tree, "--port", str(slow.port), "--user", slow.user, "--password", slow.password)
    done = until(lambda: (found := again.get(f"/api/index/jobs/{job}"))["state"] == "completed" and found, "the job is completed", 120)
    assert done["files_opened"] == FILES and done["retry_at"] is None and done["error_code"] is None


def test_a_server_that_is_stopped_answers_what_it_was_asked_and_its_jobs_keep_their_place(fileroom, slow, start, admin_key):
    server = start()
    server.key = admin_key()
    job = server("POST", "/api/index/start", {"source": "nas"}, status=202).json["job"]
    until(lambda: server.get("/api/index/status")["files_processed"] >= 30, "files are processed")
    connection = server.connection()
    connection.request("GET", "/api/index/events", headers={"Authorization": f"Bearer {server.key}"})
    events = connection.getresponse()
    assert events.status == 200 and events.headers["Content-Type"] == "text/event-stream"
    pids = workers(server.pid)
    log = server.stop()
    # The stream ended in order: a cut one would be an error here.
    assert b"event: status" in events.read()
    assert '"stopped"' in log and not any(map(is_running, pids)) and not (fileroom.data / "control.sock").exists()
    (shown,) = fileroom("status", "--json").json["jobs"]
    assert shown["state"] == "paused" and 30 <= shown["files_processed"] < FILES
    again = start()
    again.key = server.key
    until(lambda: again.get(f"/api/index/jobs/{job}")["state"] == "running", "it goes on")


def test_commands_steer_the_jobs_of_the_server(fileroom, slow, start, make_tree):
    other, _ = make_tree("--files", 40, "--seed", 2)
    server = start()
    running = fileroom.start("index", "nas", "--json")
    until(lambda: (status_file(fileroom) or {"files_processed": 0})["files_processed"] >= 20, "files are processed")
    fileroom("pause", "nas")
    until(lambda: fileroom("status", "--json").json["jobs"][0]["state"] == "paused", "paused")
    handed = fileroom("index", other, "--name", "other", "--json").json
    assert handed["state"] == "completed" and handed["files_opened"] == 40
    assert "running already" in fileroom("index", "nas", code=1).err
    fileroom("resume", "nas")
    fileroom("cancel", "nas")
    out, _ = ended(running)
    assert json.loads(out)["state"] == "cancelled"
    assert is_running(server.pid) and status_file(fileroom)["pid"] == server.pid
    # With nothing to do it is still the owner, and has no job to pause.
    fileroom("pause", code=66)


def test_a_command_whose_server_ends_says_that_its_job_keeps_its_place(fileroom, slow, start):
    server = start()
    running = fileroom.start("index", "nas", "--json")
    until(lambda: (status_file(fileroom) or {"files_processed": 0})["files_processed"] >= 20, "files are processed")
    server.stop()
    out, err = ended(running, code=130)
    assert json.loads(out)["state"] == "paused" and "continues" in err


def test_a_schedule_begins_a_scan(fileroom, start, admin_key, make_tree):
    small, _ = make_tree("--files", 8, "--seed", 9)
    configure(fileroom, {"name": "small", "type": "local", "path": str(small), "schedule": "* * * * *"})
    server = start()
    server.key = admin_key()
    (source,) = server.get("/api/sources")["sources"]
    assert source["schedule"] == "* * * * *" and source["next_run_at"]
    until(lambda: server.get("/api/index/jobs")["jobs"], "the next minute begins", 90)


# MARK: A source through the API


def test_a_share_is_declared_tested_indexed_steered_and_searched_through_the_api(fileroom, serve, tree, start, admin_key):
    share = serve(tree)
    server = start()
    server.key = admin_key()
    declared = smb_source(share, bytes_per_second=131_072)
    wrong = server("POST", "/api/sources/test", {**declared, "password": "not this"}, status=200).json
    assert wrong["error_type"] == "authentication"
    assert server("POST", "/api/sources/test", declared, status=200).json["is_path_readable"] is True
    made = server("POST", "/api/sources", declared, status=201).json
    assert made["has_password"] is True and "password" not in made and made["origin"] == "ledger"
    assert server("POST", "/api/sources/nas/test", status=200).json["is_path_readable"] is True
    assert isinstance(server("POST", "/api/sources/nas/suggest", status=200).json, (list, dict))
    job = server("POST", "/api/index/start", {"source": "nas"}, status=202).json["job"]
    until(lambda: server.get("/api/index/status")["files_processed"] >= 20, "files are processed")
    until(lambda: server.get("/api/search?level=series")["results"], "what was found is searched while the job runs")
    state = lambda: server.get(f"/api/index/jobs/{job}")["state"]  # noqa: E731
    assert server("POST", "/api/index/pause", {"job": job}, status=202).json == {"jobs": [job]}
    until(lambda: state() == "paused", "paused")
    server("POST", "/api/index/resume", {"job": job}, status=202)
    until(lambda: state() == "running", "running again")
    server("POST", "/api/index/cancel", {"job": job}, status=202)
    until(lambda: state() == "cancelled", "cancelled")
    assert server("POST", "/api/index/cancel", {"job": job}, status=409).json["code"] == "NO_SUCH_JOB"
    log = server.stop()
    assert share.password not in log
    for path in fileroom.data.iterdir():
        if path.is_file():
            assert f'"{share.password}"'.encode() not in path.read_bytes(), f"{path} holds a password in clear"
    # The next server has the source, and what opens its password.
    again = start()
    again.key = server.key
    assert again("POST", "/api/sources/nas/test", status=200).json["are_credentials_accepted"] is True


# MARK: What happens at the moment of the end


def test_commands_know_the_sources_that_were_declared_in_the_browser(fileroom, serve, tree, start, admin_key):
    share = serve(tree)
    server = start()
    server.key = admin_key()
    server("POST", "/api/sources", {
        "name": "nas", "host": "127.0.0.1", "port": share.port, "share": share.name, "username": share.user, "password": share.password}, status=201)

    def use():
        assert "path readable" in fileroom("source", "test", "nas").out
        assert fileroom("source", "metrics", "nas", "--json").json["connections"] > 0
        assert fileroom("index", "nas", "--json").json["state"] == "completed"
        assert 'Did you mean "nas"?' in fileroom("index", "nass", code=66).err

    use()
    server.stop()
    use()


def test_a_second_server_takes_over_when_the_first_is_stopped(fileroom, start):
    first = start()
    first.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            second = start()
            break
        except AssertionError as reason:
            assert "Another process uses" in str(reason)
    assert second.get("/readyz")["status"] == "ok"
    assert first.process.wait(30) == 0


def test_systemd_is_told_when_it_is_ready_and_when_it_ends(fileroom, start):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        path = os.path.relpath(fileroom.working_folder / "notify")
        notices.bind(path)
        notices.settimeout(30)
        fileroom.environment["NOTIFY_SOCKET"] = os.path.abspath(path)
        server = start()
        assert notices.recv(100) == b"READY=1" and server.get("/readyz")
        server.stop()
        assert notices.recv(100) == b"STOPPING=1"
