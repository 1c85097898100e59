"""Links for outside recipients against a real server and a real NAS: downloads that break and go on, passwords, ends."""

from __future__ import annotations

import concurrent.futures
import hashlib
import io
import pathlib
import random
import re
import signal
import subprocess
import time
import zipfile

import pytest

from share_support import Cutter, Link, check_archive, contents_of, read_some, read_until_cut, share
from support import configure, files_of, smb_source, until

PASSWORD = "Öffne dich, Sesam!"
SEED = 4


@pytest.fixture(scope="module")
def tree(make_tree):
    """Four studies of 24 files of 100 kB."""
    return make_tree("--files", 96, "--patients", 2, "--size", 100_000)[0]


@pytest.fixture
def sharing(fileroom, serve, start, tree, admin_key):
    """A server that shares what lies on a NAS; `server.nas` is that. Keywords: objects of config.json."""

    def sharing(*arguments, files: pathlib.Path = tree, **configured):
        nas = serve(files)
        configure(fileroom, smb_source(nas), **configured)
        fileroom("index", "nas")
        server = start(*arguments, tls=None)
        server.key, server.nas = admin_key(), nas
        server.study = server.get("/api/search?level=study&limit=1")["results"][0]["StudyInstanceUID"]
        return server

    return sharing


SLOW = {"mbit_per_second": 4, "read_ahead_mib": 1}  # five seconds for a study, of which a part is still to be read


# MARK: What must be seen working


def test_a_recipient_gets_with_the_right_password_exactly_what_the_nas_has(sharing, tree, tmp_path):
    server = sharing()
    link = share(server, server.study, password=PASSWORD, shows_patient=True)
    page = link.ask()
    assert page.status == 200 and 'type="password"' in page.body.decode() and "<script" not in page.body.decode()
    for wrong in ("x", "Öffne dich", ""):
        assert link.unlock(wrong).status in (403, 429)
    until(lambda: (answer := link.unlock(PASSWORD)).status == 303 and answer, "the wait for wrong passwords is over")
    cookie = link.unlock(PASSWORD).headers["Set-Cookie"].split(";")[0]
    page = link.ask(Cookie=cookie).body.decode()
    assert f'href="{link.path}/download"' in page
    archive = link.ask("/download", Cookie=cookie)
    assert archive.status == 200 and archive.headers["Content-Type"] == "application/zip"
    check_archive(archive.body, contents_of(tree, server.study), tmp_path)
    state = link.state()
    assert state["downloads"] == 1 and state["failed_passwords"] >= 3 and state["bytes_sent"] == len(archive.body)


def test_a_download_that_is_cut_twenty_times_is_resumed_to_the_same_bytes(sharing, tmp_path):
    server = sharing()
    link = share(server, server.study, password=PASSWORD)
    whole = link.download().body
    cutter, file = Cutter(server.port), tmp_path / "resumed.zip"
    chance = random.Random(SEED)
    for _ in range(20):
        done = file.stat().st_size if file.exists() else 0
        cutter.after = chance.randrange(500, max(1_000, (len(whole) - done) // 4))
        # 18: a part of the file; 56: cut within the head.
        assert link.curl(file, port=cutter.port).returncode in (18, 56, 52)
    cutter.after = None
    done = link.curl(file, port=cutter.port)
    assert done.returncode == 0, done.stderr
    cutter.close()
    assert file.read_bytes() == whole
    # curl is one recipient, and the program that asked for the whole another.
    assert link.state()["downloads"] == 2


def test_parallel_ranges_join_to_the_same_bytes(sharing, tmp_path):
    server = sharing()
    link = share(server, server.study)
    head = link.ask("/download", "HEAD")
    length, tag = int(head.headers["Content-Length"]), head.headers["ETag"]
    assert head.headers["Accept-Ranges"] == "bytes" and link.state()["downloads"] == 0
    edges = [length * part // 4 for part in range(5)]

    def part(number: int) -> bytes:
        answer = link.download(Range=f"bytes={edges[number]}-{edges[number + 1] - 1}", If_Range=tag)
        assert answer.status == 206 and answer.headers["Content-Range"] == f"bytes {edges[number]}-{edges[number + 1] - 1}/{length}"
        return answer.body

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        joined = b"".join(pool.map(part, range(4)))
    assert link.state()["downloads"] == 1
    assert joined == link.download().body and len(joined) == length
    subprocess.run(
        ["aria2c", "-q", "-x4", "-s4", "-k1M", "--allow-overwrite=true", "-d", tmp_path, "-o", "aria.zip", f"{link.url}/download"], check=True)
    assert (tmp_path / "aria.zip").read_bytes() == joined


def test_a_server_that_is_killed_goes_on_where_it_was(sharing, start, tmp_path):
    server = sharing(shares=SLOW)
    link = share(server, server.study)
    connection, response = link.open("/download", User_Agent="one")
    first = read_some(response, 600_000)
    tag = response.headers["ETag"]
    server.stop(signal.SIGKILL, code=None)
    connection.close()
    again = start(tls=None, listen=f"127.0.0.1:{server.port}")
    again.key, link.server = server.key, again
    rest = link.ask("/download", User_Agent="one", Range=f"bytes={len(first)}-")
    assert rest.status == 206 and rest.headers["ETag"] == tag
    assert link.state()["downloads"] == 1
    assert first + rest.body == link.ask("/download", User_Agent="one").body


# MARK: Ends


def test_a_download_ends_within_a_second_when_it_is_revoked(sharing):
    server = sharing(shares=SLOW)
    link = share(server, server.study)
    connection, response = link.open("/download")
    read_some(response, 300_000)
    assert link.state()["active_downloads"] == 1
    link.revoke()
    revoked = time.monotonic()
    read_until_cut(response)
    assert time.monotonic() - revoked < 2.5  # a second, and what a busy machine takes
    connection.close()
    assert link.download(Range="bytes=300000-").status == 404
    until(lambda: link.log()[1]["code"] == "DOWNLOAD_STOPPED", "the log says how it ended")


def test_a_download_ends_when_its_creator_is_disabled(sharing, fileroom, password_file):
    server = sharing(shares=SLOW)
    fileroom("user", "add", "mey", "--role", "clinician", "--password-file", password_file)
    token = server("POST", "/auth/login", {"name": "mey", "password": password_file.read_text().strip()}, status=200).json["access_token"]
    made = server(
        "POST", "/api/shares", {"items": [{"uid": server.study}]}, status=201, Authorization=f"Bearer {token}")
    link = Link(server, made.json)
    connection, response = link.open("/download")
    read_some(response, 300_000)
    fileroom("user", "disable", "mey")
    read_until_cut(response)
    connection.close()
    assert link.ask().status == 404 and link.state()["state"] == "creator_gone"


def test_a_download_that_has_begun_ends_well_after_its_share_has_expired(sharing, tree, tmp_path):
    server = sharing(shares=SLOW)
    link = share(server, server.study, expires_in_seconds=3)
    connection, response = link.open("/download", User_Agent="one")
    first = read_some(response, 300_000)
    until(lambda: link.state()["state"] == "expired", "it has expired")
    archive = first + response.read()
    connection.close()
    check_archive(archive, contents_of(tree, server.study), tmp_path)
    assert link.ask("/download", User_Agent="another").status == 404 and link.ask().status == 404
    tag = response.headers["ETag"]
    assert link.ask("/download", User_Agent="one", Range="bytes=5-", If_Range=tag).body == archive[5:]


def test_a_file_that_goes_away_during_a_download_ends_it_and_is_never_silently_missing(sharing, make_tree, tmp_path):
    files, _ = make_tree("--files", 48, "--patients", 1, "--size", 100_000, "--seed", 9, folder=tmp_path / "files")
    server = sharing(files=files, shares=SLOW)
    strict, manifest = share(server, server.study), share(server, server.study, policy="manifest")
    expected = contents_of(files, server.study)
    with zipfile.ZipFile(io.BytesIO(manifest.download().body)) as archive:
        last = hashlib.sha256(archive.read(max(name for name in archive.namelist() if name.startswith("DICOM/")))).digest()
    (gone,) = [path for path in files_of(files) if hashlib.sha256(path.read_bytes()).digest() == last]
    kept = gone.read_bytes()
    connection, response = strict.open("/download", User_Agent="one")
    read_some(response, 200_000)
    gone.unlink()
    read_until_cut(response)
    connection.close()
    refused = strict.ask("/download", User_Agent="one", Range="bytes=200000-", If_Range=response.headers["ETag"])
    assert refused.status == 503 and "cannot be reached" in refused.body.decode()
    partial = manifest.ask("/download")
    assert partial.status == 200 and partial.headers["ETag"] != response.headers["ETag"]
    with zipfile.ZipFile(io.BytesIO(partial.body)) as archive:
        assert sum(name.startswith("DICOM/") for name in archive.namelist()) == len(expected.digests) - 1
        assert "missing" in archive.read("MANIFEST.csv").decode().lower()
    assert "1 file cannot" in manifest.ask(Cookie=manifest.unlock().headers["Set-Cookie"].split(";")[0]).body.decode()
    gone.write_bytes(kept)
    check_archive(strict.ask("/download", User_Agent="one").body, expected, tmp_path)


def test_a_nas_that_is_back_in_five_seconds_interrupts_nothing(sharing, serve, tree):
    server = sharing(shares=SLOW)
    link = share(server, server.study)
    connection, response = link.open("/download")
    first = read_some(response, 300_000)
    server.nas.stop(hard=True)
    time.sleep(5)  # the outage
    serve(tree, folder=server.nas.folder)
    archive = first + response.read()
    connection.close()
    assert len(archive) == int(response.headers["Content-Length"])
    assert archive == link.ask("/download").body


def test_a_nas_that_stays_away_ends_the_download_visibly_and_it_is_resumed_later(sharing, serve, tree):
    server = sharing(shares=SLOW)
    link = share(server, server.study)
    connection, response = link.open("/download", User_Agent="one")
    first = read_some(response, 300_000)
    server.nas.stop(hard=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(link.ask, "/download", User_Agent="another")
        first += read_until_cut(response)
        connection.close()
        away = asked.result()
    assert away.status == 503 and int(away.headers["Retry-After"]) > 0 and "does not answer" in away.body.decode()
    serve(tree, folder=server.nas.folder)
    rest = link.ask("/download", User_Agent="one", Range=f"bytes={len(first)}-", If_Range=response.headers["ETag"])
    assert rest.status == 206
    assert first + rest.body == link.ask("/download", User_Agent="one").body


def test_a_server_that_is_stopped_cuts_downloads_in_the_end_and_they_go_on_at_its_next_start(sharing, start):
    server = sharing(shares={"mbit_per_second": 1})
    link = share(server, server.study)
    connection, response = link.open("/download", User_Agent="one")
    first = read_some(response, 200_000)
    server.process.send_signal(signal.SIGTERM)
    first += read_until_cut(response)
    connection.close()
    assert server.process.wait(60) == 0
    again = start(tls=None, listen=f"127.0.0.1:{server.port}")
    again.key, link.server = server.key, again
    rest = link.ask("/download", User_Agent="one", Range=f"bytes={len(first)}-{len(first) + 99}", If_Range=response.headers["ETag"])
    assert rest.status == 206 and len(rest.body) == 100


# MARK: Guessing


def test_guesses_get_nowhere_and_slow_nobody_else(sharing):
    server = sharing(
        server={"trusted_proxies": ["127.0.0.1"]}, shares={"password_attempts": 3, "password_attempts_total": 12})
    link = share(server, server.study, password=PASSWORD)

    def guess(number: int) -> set[int]:
        connection, seen = server.connection(), set()
        for turn in range(500):
            connection.request("GET", f"/s/{number}{turn:042}", headers={"X-Forwarded-For": "203.0.113.7"})
            response = connection.getresponse()
            response.read()
            seen.add(response.status)
            # Somebody else works meanwhile, and so does another recipient.
            if turn % 100 == 0:
                server.get("/api/search?q=a", X_Forwarded_For="198.51.100.1")
                assert link.ask(X_Forwarded_For="198.51.100.2").status == 200
        connection.close()
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert set().union(*pool.map(guess, range(4))) == {404, 429}
    statuses = [link.unlock(f"guess {number}", X_Forwarded_For=f"203.0.113.{number % 250}").status for number in range(40)]
    assert set(statuses) <= {403, 429}
    state = link.state()
    assert state["state"] == "locked" and state["failed_passwords"] == 12
    assert link.unlock(PASSWORD, X_Forwarded_For="198.51.100.9").status == 403
    assert server("PATCH", f"/api/shares/{link.id}", {"locked": False}, status=200).json["state"] == "active"
    assert link.unlock(PASSWORD, X_Forwarded_For="198.51.100.9").status == 303


def test_a_link_that_is_used_up_is_none_but_for_whoever_has_begun(sharing):
    server = sharing()
    link = share(server, server.study, max_downloads=1, password="correct horse battery")
    whole = link.download(User_Agent="one")
    unknown = Link(server, {"share": {"id": ""}, "link": f"/s/{'A' * 43}"}).ask("/download")
    assert whole.status == 200 and unknown.status == 404
    for headers in (link.basic, {}):
        another = link.ask("/download", User_Agent="another", **headers)
        assert (another.status, another.body) == (unknown.status, unknown.body)
    assert link.ask("/download", User_Agent="one").status == 401
    rest = link.download(User_Agent="one", Range="bytes=1000-")
    assert rest.status == 206 and rest.body == whole.body[1_000:]


def test_programs_that_look_at_links_use_nothing_up(sharing):
    server = sharing()
    link = share(server, server.study, max_downloads=1)
    for agent in ("WhatsApp/2.23", "Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; MailScanner)"):
        for method in ("HEAD", "GET"):
            assert link.ask(method=method, User_Agent=agent).status == 200
        assert link.ask("/download", "HEAD", User_Agent=agent).status == 200
        # A scanner that plays a browser is shown the page.
        assert link.ask("/download", User_Agent=agent, Sec_Fetch_Mode="navigate").status == 303
    assert link.state()["downloads"] == 0
    assert link.download().status == 200
    assert link.state()["state"] == "used_up"


# MARK: Secrets


def test_neither_link_nor_password_nor_cookie_is_anywhere(sharing, fileroom):
    server = sharing()
    link = share(server, server.study, password=PASSWORD, note="ein Gruß")
    cookie = link.unlock(PASSWORD).headers["Set-Cookie"].split(";")[0]
    for place in ("", "/download", "/nothing"):
        link.ask(place, Cookie=cookie)
        link.ask(place, "PUT")
    link.download()
    link.unlock("something wrong")
    figures = server("GET", "/metrics", status=200).body.decode()
    assert re.search(r'fileroom_http_requests_total\{route="/s/\{token\}/download"', figures) and "fileroom_share_bytes_total" in figures
    said = [
        figures, str(link.log()), server("GET", "/api/audit/export", status=200).body.decode(), str(link.state()),
        *(fileroom("share", *words, "--json").out for words in (["list"], ["show", link.id], ["log", link.id], ["statistics"]))]
    assert "share.create" in said[2]
    said.append(server.stop())
    secrets = [link.token, PASSWORD, "something wrong", cookie.split("=")[1]]
    for text in said:
        assert text and not any(secret in text for secret in secrets)
    for path in fileroom.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in secrets:
                assert secret.encode() not in content and secret.encode("utf-16-le") not in content, path


# MARK: The command line


@pytest.mark.parametrize("has_server", [True, False])
def test_the_command_line_shares_with_and_without_a_running_server(has_server, sharing, fileroom, serve, tree, password_file):
    if has_server:
        server = sharing()
        study = server.study
    else:
        configure(fileroom, smb_source(serve(tree)), server={"public_url": "https://fileroom.example"})
        fileroom("index", "nas")
        study = fileroom("search", "--level", "study", "--limit", 1, "--json").json[0]["StudyInstanceUID"]
    base = re.escape(server.url if has_server else "https://fileroom.example")
    made = fileroom("share", "create", study, "--expires", "48h", "--password-file", password_file, "--max-downloads", 3, "--note", "Gruß", "--qr")
    link, *code = made.out.splitlines()
    assert re.fullmatch(base + r"/s/[A-Za-z0-9_-]{43}", link) and len(code) > 15 and password_file.read_text().strip() not in made.err
    name = re.search(r"Share (\w{12})", made.err).group(1)
    series = fileroom("search", "--level", "series", "--limit", 1, "--json").json[0]["SeriesInstanceUID"]
    other = fileroom("share", "create", series, "--json").json
    assert other["share"]["kind"] == "series" and other["link"]
    listed = fileroom("share", "list", "--json").json["shares"]
    assert [one["id"] for one in listed] == [other["share"]["id"], name]
    assert listed[1]["has_password"] and listed[1]["max_downloads"] == 3 and listed[1]["created_by"] == "local"
    assert name in fileroom("share", "list", "--state", "active").out and name in fileroom("share", "show", name).out
    before = fileroom("share", "show", name, "--json").json["expires_at"]
    fileroom("share", "extend", name, "--expires", "7d")
    assert fileroom("share", "show", name, "--json").json["expires_at"] > before
    fileroom("share", "revoke", name)
    assert "revoked" in fileroom("share", "show", name).out
    assert fileroom("share", "log", name, "--json").json["entries"] == []
    assert fileroom("share", "statistics", "--json").json["shares"]["revoked"] == 1
    fileroom("share", "show", "nosuchshare1", code=66)
    fileroom("share", "create", "9.9.9", code=66)
    fileroom("share", "create", study, "--expires", "200d", code=64)


def test_a_link_needs_an_address(fileroom, tree):
    configure(fileroom, {"name": "files", "type": "local", "path": str(tree)})
    fileroom("index", "files")
    study = fileroom("search", "--level", "study", "--limit", 1, "--json").json[0]["StudyInstanceUID"]
    said = fileroom("share", "create", study, code=1).err
    assert "public_url" in said and fileroom("share", "list", "--json").json["shares"] == []
