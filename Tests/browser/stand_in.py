"""A server that stands in for Fileroom's towards the front: the same routes, answers and headers, over invented patients.

    stand_in.py WEB PORT [--unset]     --unset: nobody was set up yet; the code is "first-start"

It lets the front be tested and drawn without building anything, and be brought into states that a real server reaches rarely.
"""
import argparse
import json
import pathlib
import secrets
import sys
import threading
import time
import unicodedata
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from patients import SOURCES, Catalogue
from stand_in_shares import ShareRoutes, Shares, share_path

CONTENT_SECURITY_POLICY = "; ".join([
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
    "manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
])
PAGES = {"/", *(f"/{name}" for name in "catalogue shares sources jobs people keys audit health account sign-in setup".split())}
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PASSWORD = "correct horse battery"
SETUP_CODE = "first-start"


class World:
    """What the server knows. Everyone has the same password."""

    def __init__(self, web: pathlib.Path, is_set_up: bool, count: int):
        self.web = web
        self.people = {"admin": "admin", "weber": "clinician", "upload": "uploader"} if is_set_up else {}
        self.passwords = dict.fromkeys(self.people, PASSWORD)
        self.sessions: dict[str, dict] = {}
        self.catalogue = Catalogue(count)
        self.folded = [folded(study) for study in self.catalogue.studies]
        self.series = {one["SeriesInstanceUID"]: one for some in self.catalogue.series.values() for one in some}
        self.studies = {study["StudyInstanceUID"]: study for study in self.catalogue.studies}
        self.shares = Shares(self)
        self.open_streams = 0
        self.lock = threading.Lock()


def folded(study) -> str:
    keys = ("PatientName", "PatientID", "AccessionNumber", "StudyDescription")
    return fold(" ".join([*(study[key] for key in keys), *study["ModalitiesInStudy"]]))


def fold(text: str) -> str:
    text = text.casefold().translate(str.maketrans("łøı", "loi"))
    return "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))


def now(offset: float = 0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + offset))


class Handler(ShareRoutes, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: World

    def log_message(self, *_):
        pass

    # Answers

    def answer(self, status, body=b"", kind="application/json", **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        fields = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if status != 204:
            fields |= {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def problem(self, status, code, detail, errors=()):
        body = {"type": f"urn:fileroom:problem:{code.lower()}", "title": code, "status": status, "detail": detail, "code": code,
                "request_id": "0123456789abcdef"}
        self.answer(status, {**body, "errors": list(errors)} if errors else body, "application/problem+json")

    # Routes

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path in PAGES:
            page = (self.world.web / "index.html").read_text().replace("{{assets}}", "/assets/0")
            return self.answer(200, page.encode(), "text/html; charset=utf-8", Cache_Control="no-cache")
        if url.path.startswith("/assets/0/"):
            return self.asset(url.path.removeprefix("/assets/0/"))
        if url.path == "/healthz":
            return self.answer(200, {"status": "ok"})
        if url.path == "/api/me":
            return self.answer(200, self.me())
        if not self.session():
            return self.problem(401, "NOT_SIGNED_IN", "Sign in first.")
        return self.read(url.path, urllib.parse.parse_qs(url.query))

    def asset(self, path):
        file = (self.world.web / path).resolve()
        if not file.is_relative_to(self.world.web) or not file.is_file():
            return self.problem(404, "NOT_FOUND", "There is no such file.")
        return self.answer(200, file.read_bytes(), f"{TYPES[file.suffix]}; charset=utf-8", Cache_Control="no-cache")

    def read(self, path, query):
        parts = path.strip("/").split("/")
        match parts:
            case ["auth", "sessions"]:
                mine = self.session()
                own = [self.described(each, mine) for each in self.world.sessions.values() if each["name"] == mine["name"]]
                return self.answer(200, {"sessions": own})
            case ["api", "users"]:
                return self.answer(200, {"users": [{"name": name, "role": role} for name, role in self.world.people.items()]})
            case ["api", "shares", *rest]:
                return self.read_shares(rest, query)
            case ["api", "sources"]:
                return self.answer(200, {"sources": [{"id": name, "name": name} for name in SOURCES]})
            case ["api", "search"]:
                return self.search(query)
            case ["api", "studies", uid, *rest] if uid in self.world.studies:
                study = self.world.studies[uid]
                if rest == ["series"]:
                    return self.answer(200, {"series": self.world.catalogue.series[uid]})
                return self.answer(200, {**study, "Conflicts": self.world.catalogue.conflicts(study)})
            case ["api", "series", uid] if uid in self.world.series:
                return self.answer(200, self.world.series[uid])
            case ["api", "series", uid, "instances"] if uid in self.world.series:
                return self.page("instances", self.world.catalogue.instances(self.world.series[uid]), query)
            case ["api", "index", "events"]:
                return self.events()
        return self.problem(404, "NOT_FOUND", "There is no such route.")

    def do_POST(self):
        body = self.body()
        if self.path == "/auth/session":
            if self.world.passwords.get(body["name"]) != body["password"]:
                return self.problem(401, "SIGN_IN_REFUSED", "The name or the password is wrong.")
            return self.enter(body["name"])
        if self.path == "/auth/setup":
            if self.world.people:
                return self.problem(404, "SETUP_DONE", "There is a user already.")
            if body["token"] != SETUP_CODE:
                return self.problem(403, "SETUP_TOKEN_WRONG", "The code is wrong.")
            if not all(part.isalnum() or part in ".-_" for part in body["name"]):
                return self.problem(422, "BAD_NAME", "The name is wrong.", [{"path": "$.name", "message": "has other characters"}])
            self.world.people[body["name"]] = "admin"
            self.world.passwords[body["name"]] = body["password"]
            return self.enter(body["name"])
        if share_path(self.path) == []:
            mine = self.checked()
            return mine and self.create_share(body, mine["name"])
        return self.problem(404, "NOT_FOUND", "There is no such route.")

    def do_PATCH(self):
        body, rest = self.body(), share_path(self.path)
        if not self.checked():
            return None
        return self.change_share(rest[0], body) if rest else self.problem(404, "NOT_FOUND", "There is no such route.")

    def do_PUT(self):
        body = self.body()
        mine = self.checked()
        if not mine:
            return None
        if self.world.passwords[mine["name"]] != body["current_password"]:
            return self.problem(403, "PASSWORD_WRONG", "The current password is wrong.")
        self.world.passwords[mine["name"]] = body["new_password"]
        self.end(lambda each: each["name"] == mine["name"] and each is not mine)
        return self.answer(204)

    def do_DELETE(self):
        mine = self.checked()
        if not mine:
            return None
        if share_path(self.path):
            return self.revoke_share(share_path(self.path)[0], mine["name"])
        if self.path == "/auth/session":
            self.end(lambda each: each is mine)
        elif self.path == "/auth/sessions":
            self.end(lambda each: each["name"] == mine["name"])
        else:
            self.end(lambda each: str(each["id"]) == self.path.split("/")[-1])
        return self.answer(204)

    # People

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def session(self):
        for cookie in self.headers.get("Cookie", "").split("; "):
            name, _, value = cookie.partition("=")
            if name == "fileroom" and value in self.world.sessions:
                return self.world.sessions[value]
        return None

    def checked(self):
        """The session of a request that changes something; answers itself when there is none or no token."""
        mine = self.session()
        if not mine:
            self.problem(401, "NOT_SIGNED_IN", "Sign in first.")
        elif self.headers.get("X-CSRF-Token") != mine["csrf"]:
            self.problem(403, "CSRF_TOKEN_MISSING", "The token is missing.")
        else:
            return mine
        return None

    def me(self, mine=None):
        mine = mine or self.session()
        user = mine and {"name": mine["name"], "role": self.world.people[mine["name"]], "method": "session"}
        return {"user": user, "csrf_token": mine and mine["csrf"], "expires_at": mine and now(3600), "setup_needed": not self.world.people,
                "version": "0.0.0"}

    def enter(self, name):
        token = secrets.token_hex(16)
        mine = {"id": len(self.world.sessions) + 1, "name": name, "csrf": secrets.token_hex(8), "created_at": now(),
                "user_agent": self.headers.get("User-Agent")}
        self.world.sessions[token] = mine
        self.answer(200, self.me(mine), Set_Cookie=f"fileroom={token}; HttpOnly; SameSite=Lax; Path=/")

    def described(self, each, mine):
        return {"id": each["id"], "created_at": each["created_at"], "last_used_at": now(), "expires_at": now(3600),
                "ip_address": "127.0.0.1", "user_agent": each["user_agent"], "is_current": each is mine}

    def end(self, wanted):
        self.world.sessions = {token: each for token, each in self.world.sessions.items() if not wanted(each)}

    # The catalogue

    def search(self, query):
        words = fold(query.get("q", [""])[0]).split()
        modalities = {code for value in query.get("modality", []) for code in value.split(",")}
        first, last = query.get("from", ["0"])[0], query.get("to", ["9"])[0]
        part, source = query.get("body_part", [None])[0], query.get("source", [None])[0]

        def fits(study, text):
            series = self.world.catalogue.series[study["StudyInstanceUID"]]
            return (
                all(word in text for word in words) and (not modalities or modalities & set(study["ModalitiesInStudy"]))
                and first <= study["StudyDate"] <= last and part in (None, series[0]["BodyPartExamined"]) and source in (None, study["source"])
            )

        found = (study for study, text in zip(self.world.catalogue.studies, self.world.folded) if fits(study, text))
        return self.page("results", found, query)

    def page(self, name, items, query):
        limit = int(query.get("limit", ["50"])[0])
        after = int(query.get("after", ["-1"])[0])
        page = []
        for item in items:
            if int(item["cursor"]) <= after:
                continue
            if len(page) == limit:
                return self.answer(200, {name: page, "cursor": page[-1]["cursor"]})
            page.append(item)
        return self.answer(200, {name: page, "cursor": None})

    def events(self):
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with self.world.lock:
            self.world.open_streams += 1
        try:
            for number in range(1, 1_000_000):
                counts = {"running": False, "study_count": len(self.world.studies), "series_count": len(self.world.series)}
                self.wfile.write(f"event: status\nid: {number}\ndata: {json.dumps(counts)}\n\n".encode())
                self.wfile.flush()
                time.sleep(0.2)
        except OSError:
            pass
        finally:
            with self.world.lock:
                self.world.open_streams -= 1


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        # A browser that closes a connection has its reasons.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(web: pathlib.Path, port: int = 0, is_set_up: bool = True, count: int = 10_000) -> Server:
    """A server that listens, on a free port unless one is given, and is run by a thread of its own."""
    world = World(web.resolve(), is_set_up, count)
    server = Server(("127.0.0.1", port), type("Bound", (Handler,), {"world": world}))
    server.world = world
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("web", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--unset", action="store_true")
    options = parser.parse_args()
    running = serve(options.web, options.port, not options.unset)
    print(f"http://127.0.0.1:{running.server_port}/" + (f"setup#token={SETUP_CODE}" if options.unset else ""))
    threading.Event().wait()
