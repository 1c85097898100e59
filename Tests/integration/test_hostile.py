"""What somebody who means harm sends: over raw sockets, and as other sites make a browser send it."""

from __future__ import annotations

import json
import re
import socket
import statistics
import struct
import time

import pytest

from server_support import PASSWORD
from support import until


@pytest.fixture
def server(start):
    return start(tls=None)


def exchange(server, data: bytes, *, ends: bool = False) -> bytes:
    """Everything that is answered to some bytes, until the server closes the connection or has answered once and waits."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before its end
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
                if is_whole(received) and b"connection: close" not in received.lower():
                    # Whatever else was hidden in the bytes would be answered at once.
                    connection.settimeout(0.2)
        except (TimeoutError, ConnectionResetError):
            pass
        return received


def is_whole(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    length = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(separator) and (not length or len(body) >= int(length[0]))


def statuses(received: bytes) -> list[int]:
    """Of every answer; also of one that stands where a body should be."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def lives(server) -> None:
    assert server.get("/healthz") == {"status": "ok"}


# MARK: Requests within requests

HIDDEN = b"GET /api/me HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b'{"name":"a","password":"b"}'


def post(*fields: bytes, body: bytes = b"", ending: bytes = b"\r\n") -> bytes:
    lines = [b"POST /auth/login HTTP/1.1", b"Host: x", b"Content-Type: application/json", *fields]
    return ending.join(lines) + ending * 2 + body


SMUGGLING = {
    "both lengths": post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    "both lengths, turned": post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN),
    "two lengths": post(b"Content-Length: 27", b"Content-Length: 0", body=BODY + HIDDEN),
    "two equal lengths": post(b"Content-Length: 27", b"Content-Length: 27", body=BODY + HIDDEN),
    "a list of lengths": post(b"Content-Length: 27, 0", body=BODY + HIDDEN),
    "a signed length": post(b"Content-Length: +27", body=BODY + HIDDEN),
    "a hexadecimal length": post(b"Content-Length: 0x1b", body=BODY + HIDDEN),
    "an endless length": post(b"Content-Length: 99999999999999999999999", body=BODY + HIDDEN),
    "a negative length": post(b"Content-Length: -1", body=BODY + HIDDEN),
    "a coding twice": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n" + HIDDEN),
    "an unknown coding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + HIDDEN),
    "a coding behind another": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + HIDDEN),
    "a coding in HTTP/1.0": post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    "a space before the colon": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
    "a folded field": post(b"X: y\r\n Transfer-Encoding: chunked", b"Content-Length: 27", body=BODY + HIDDEN),
    "bare line feeds": post(b"Content-Length: 27", body=BODY + HIDDEN, ending=b"\n"),
    "a bare carriage return": post(b"X: y\rTransfer-Encoding: chunked", b"Content-Length: 27", body=BODY + HIDDEN),
    "a null in a field": post(b"X: y\0z", b"Content-Length: 27", body=BODY + HIDDEN),
    "a chunk of no size": post(b"Transfer-Encoding: chunked", body=b"x\r\n\r\n" + HIDDEN),
    "a chunk of negative size": post(b"Transfer-Encoding: chunked", body=b"-1\r\n\r\n" + HIDDEN),
    "a chunk of more than all memory": post(b"Transfer-Encoding: chunked", body=b"ffffffffffffffffff\r\n" + HIDDEN),
    "thousands of cookies": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b; " * 3_000 + b"\r\n\r\n" + HIDDEN,
    "no host": b"GET /api/me HTTP/1.1\r\n\r\n" + HIDDEN,
    "two hosts": b"GET /api/me HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + HIDDEN,
}


def test_what_two_servers_could_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(server):
    for shape, request in SMUGGLING.items():
        received = exchange(server, request)
        assert set(statuses(received)) <= {400, 413, 431, 501}, f"{shape}: {received[:300]}"
        assert not received or b"connection: close" in received.lower(), f"{shape}: the connection is kept"
    lives(server)


def test_requests_in_a_row_are_answered_one_by_one(server):
    """The opposite: what is in order is not refused."""
    row = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(exchange(server, row + last)) == [200] * 4


# MARK: Addresses and sizes


PATHS = [
    "/assets/../../../../etc/passwd", "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2f..%2fetc/passwd",
    "/assets/{hash}/../../index.html", "/assets/{hash}/%2e%2e/%2e%2e/deno.json", "/assets/{hash}/js/..%5c..%5cindex.html",
    "/assets/{hash}//etc/passwd", "/assets/{hash}/js/app.js%00.css", "/assets/{hash}/.%00./x", "/assets/{hash}/", "/assets/{hash}/js",
    "/assets/{hash}/%c0%ae%c0%ae/x", "/%", "/%zz", "/api/../etc/passwd", "/api/sources/%2e%2e%2f%2e%2e", "//elsewhere.example/", "/\\elsewhere",
    "http://elsewhere.example/etc/passwd", "*", "etc/passwd", "/api//me", "/API/ME", "/api/me;x=y",
]


def test_no_address_leads_out_of_the_pages(server):
    page = server("GET", "/", status=200).body.decode()
    version = page.split("/assets/")[1].split("/")[0]
    for path in PATHS:
        request = f"GET {path.replace('{hash}', version)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        received = exchange(server, request.encode())
        assert statuses(received)[0] in (400, 401, 404), f"{path}: {received[:300]}"
        assert b"root:" not in received and b'"user"' not in received
        assert b"application/problem+json" in received and b"nosniff" in received, f"{path}: {received[:300]}"


TOO_LARGE = [
    (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET /api/search?q=" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % number for number in range(200)) + b"\r\n", 431),
    (b"A" * 5_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (post(b"Content-Length: 70000", body=b" " * 70_000), 413),
    (post(b"Content-Length: 9999999999"), 413),
    (post(b"Transfer-Encoding: chunked", body=b"10000\r\n" + b" " * 65_536 + b"\r\n" + b"10\r\n" + b" " * 16 + b"\r\n0\r\n\r\n"), 413),
    (post(b"Content-Length: 60000", body=b"[" * 60_000), 400),
    (post(b"Content-Length: 60009", body=b'{"name":"' + b"a" * 60_000), 400),
]


def test_what_is_too_large_is_refused_in_our_words(server):
    for request, status in TOO_LARGE:
        received = exchange(server, request)
        assert statuses(received) == [status], f"{request[:60]}…: {received[:300]}"
        assert b"application/problem+json" in received, f"{request[:60]}…: {received[:300]}"
    lives(server)


# MARK: Connections that end


STAGES = [
    b"", b"G", b"GET /api/me HT", b"GET /api/me HTTP/1.1\r\nHo", b"GET /api/me HTTP/1.1\r\nHost: x\r\n", HIDDEN,
    post(b"Content-Length: 27"), post(b"Content-Length: 27", body=BODY[:10]), post(b"Content-Length: 27", b"Expect: 100-continue"),
    post(b"Transfer-Encoding: chunked", body=b"5\r\nab"), post(b"Content-Length: 27", body=BODY),
]


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_a_connection_may_end_at_any_stage(server, is_reset):
    descriptors = lambda: len(list((server.process_folder / "fd").iterdir()))  # noqa: E731
    lives(server)
    before = descriptors()
    for stage in STAGES * 10:
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(stage)
        if is_reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    lives(server)
    until(lambda: descriptors() <= before + 2, "every connection is closed on our side too", 30)


def test_a_stream_whose_listener_goes_is_ended(server, admin_key):
    server.key = admin_key()
    streams = lambda: "fileroom_event_streams 0\n" in server("GET", "/metrics", status=200).body.decode()  # noqa: E731
    for _ in range(20):
        connection = server.connection()
        connection.request("GET", "/api/index/events", headers={"Authorization": f"Bearer {server.key}"})
        assert connection.getresponse().readline()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    until(streams, "no stream is left", 30)


# MARK: Other sites


@pytest.fixture
def signed_in(server, fileroom, password_file):
    fileroom("user", "add", "weber", "--role", "admin", "--password-file", password_file)
    made = server("POST", "/auth/session", {"name": "weber", "password": PASSWORD}, status=200)
    return made.headers["Set-Cookie"].split(";")[0], made.json["csrf_token"]


def test_another_site_changes_nothing_with_somebodys_session(server, signed_in):
    cookie, token = signed_in
    new = {"name": "mallory", "role": "admin", "password": PASSWORD}
    form = b"name=mallory&role=admin"

    def raw(content_type: str, body: bytes, **fields: str) -> int:
        lines = {"Host": f"127.0.0.1:{server.port}", "Cookie": cookie, "Content-Type": content_type, "Content-Length": str(len(body)), **fields}
        head = "POST /api/users HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "Connection: close\r\n\r\n"
        return statuses(exchange(server, head.encode() + body))[0]

    as_json = json.dumps(new).encode()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        assert raw(kind, form) == 403
        # Even with the token a form is no JSON.
        assert raw(kind, as_json, **{"X-CSRF-Token": token}) == 415
    for given in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": token[:-1]}, {"X-CSRF-Token": token + "a"}, {"X-CSRF-Token": cookie}):
        assert raw("application/json", as_json, **given) == 403
    assert server("POST", "/api/users?X-CSRF-Token=" + token, new, Cookie=cookie).status in (400, 403)
    # Somebody is not signed in under another name from another site either.
    other = {"name": "weber", "password": PASSWORD}
    assert server("POST", "/auth/session", other, Sec_Fetch_Site="cross-site").json["code"] == "CROSS_SITE"
    # No other site may read what we answer.
    asked = server("OPTIONS", "/api/users", Origin="https://elsewhere.example", Access_Control_Request_Method="POST")
    answer = server("GET", "/api/me", Origin="https://elsewhere.example", Cookie=cookie)
    assert not [name for headers in (asked.headers, answer.headers) for name in headers if name.lower().startswith("access-control-")]
    assert [user["name"] for user in server.get("/api/users", Cookie=cookie)["users"]] == ["weber"]


def test_a_planted_cookie_is_not_taken_over_at_sign_in(server, signed_in):
    cookie, _ = signed_in
    name = cookie.split("=")[0]
    planted = f"{name}=" + "A" * 43
    made = server("POST", "/auth/session", {"name": "weber", "password": PASSWORD}, status=200, Cookie=planted)
    assert made.headers["Set-Cookie"].split(";")[0] not in (planted, cookie)
    assert server.get("/api/me", Cookie=planted)["user"] is None
    # Two cookies of one name: whoever planted the first does not choose who one is.
    for both in (f"{planted}; {cookie}", f"{cookie}; {planted}"):
        user = server.get("/api/me", Cookie=both)["user"]
        assert user is None or user["name"] == "weber"


# MARK: Passwords


def test_who_does_not_exist_is_refused_in_the_same_words_and_the_same_time(server, signed_in, fileroom, password_file):
    names = [f"person{number}" for number in range(8)]
    for name in names:
        fileroom("user", "add", name, "--role", "clinician", "--password-file", password_file)

    def refusal(name: str) -> tuple[float, dict]:
        began = time.perf_counter()
        answer = server("POST", "/auth/session", {"name": name, "password": "not the password"}, status=401)
        took = time.perf_counter() - began
        return took, {key: value for key, value in answer.json.items() if key != "request_id"}

    # Turn by turn, each name once: so no wait for a name that failed often, and what else the machine does meets both alike.
    pairs = [(refusal(name), refusal(f"nobody{index}")) for index, name in enumerate(names)]
    assert all(known[1] == unknown[1] for known, unknown in pairs)
    known, unknown = ([pair[index][0] for pair in pairs] for index in (0, 1))
    spread = max(statistics.pstdev(known), statistics.pstdev(unknown))
    if spread > statistics.median(known) / 3:
        pytest.skip("the machine is too busy to tell times apart")
    # Without the work of a password hash it would be a small part.
    assert statistics.median(known) / 2 < statistics.median(unknown) < statistics.median(known) * 2


def test_whoever_keeps_guessing_waits_longer_each_time(server, signed_in):
    def guess(password: str = "a guess"):
        return server("POST", "/auth/session", {"name": "weber", "password": password})

    waits: list[int] = []
    failures = 0
    while len(waits) < 3:
        answer = guess()
        if answer.status == 401:
            failures += 1
            assert failures < 20
            continue
        assert answer.status == 429 and answer.json["code"] == "TOO_MANY_FAILURES"
        waits.append(int(answer.headers["Retry-After"]))
        # The right password does not get through meanwhile, and the session that there is goes on.
        assert guess(PASSWORD).status == 429
        assert server.get("/api/me", Cookie=signed_in[0])["user"]["name"] == "weber"
        time.sleep(waits[-1])  # as it was told
    assert waits == sorted(set(waits)), "each wait is longer"
