"""Every operation that the API describes is done once, and refused to whoever is nobody or has another role; every answer is as described."""

from __future__ import annotations

import dataclasses
import json
import os

import jsonschema_rs
import pytest

from server_support import PASSWORD, Answer
from support import smb_source, until

NEW_PASSWORD = "a much better password"


@dataclasses.dataclass
class Described:
    """A server, and what its description says of each answer."""

    server: object
    document: dict
    seen: dict[str, set[int]] = dataclasses.field(default_factory=dict)

    def operations(self):
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                yield method.upper(), path, operation

    def check(self, operation: dict, answer: Answer) -> None:
        """That an answer is among those described, and of the shape that is described."""
        described = operation["responses"].get(str(answer.status))
        assert described, f"{operation['operationId']} gave {answer.status}: {answer.body[:300]}"
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        self.seen.setdefault(operation["operationId"], set()).add(answer.status)
        if not described.get("content"):
            assert answer.body == b""
            return
        (kind, content), *_ = [
            (kind, content) for kind, content in described["content"].items() if kind == answer.headers["Content-Type"].split(";")[0]
            or kind == answer.headers["Content-Type"]]
        if kind.endswith("json") and "schema" in content:
            schema = {**content["schema"], "components": self.document["components"]}
            jsonschema_rs.Draft202012Validator(schema).validate(answer.json)

    def ask(self, operation_id: str, status: int | None = None, body=None, /, query: str = "", headers: dict | None = None, **parameters) -> Answer:
        """Does an operation by its name; a text as body is a form."""
        method, path, operation = next(each for each in self.operations() if each[2]["operationId"] == operation_id)
        for parameter, value in parameters.items():
            path = path.replace("{" + parameter + "}", str(value))
        answer = self.server(method, path + query, body, status=status, **(headers or {}))
        self.check(operation, answer)
        return answer


@pytest.fixture
def described(start, serve, make_tree):
    server = start()
    return Described(server, server.get("/openapi.json"))


def test_every_operation_is_done_as_described(described, fileroom, serve, make_tree, tmp_path):
    ask = described.ask
    session = set_up(described)
    key = ask("createKey", 201, {"name": "test", "role": "admin"}, headers=session).json
    described.server.key = key["key"]
    people(described, session)
    share = serve(make_tree("--files", 300)[0])
    steer_a_job(described, share)
    source = declare_and_change(described, make_tree, tmp_path)
    look(described)
    share_and_receive(described)
    confirm_missing(described, source)
    ask("removeSource", 204, id="folder")
    ask("revokeKey", 204, id=key["id"], headers=session)
    ask("signOutEverywhere", 204, headers=session)
    done = {name for name, statuses in described.seen.items() if any(status < 400 for status in statuses)}
    assert done == {operation["operationId"] for _, _, operation in described.operations()}


def set_up(described) -> dict:
    """Makes the first admin; gives the headers of its session."""
    for name in ("getHealth", "getReadiness", "getMe", "getDescription"):
        described.ask(name, 200)
    made = described.ask("setUp", 200, {"token": described.server.setup_token(), "name": "weber", "password": PASSWORD})
    return session_of(made)


def session_of(answer: Answer) -> dict:
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0], "X_CSRF_Token": answer.json["csrf_token"]}


def people(described, session: dict) -> None:
    ask = described.ask
    ask("addUser", 201, {"name": "mey", "role": "clinician", "password": PASSWORD})
    ask("listUsers", 200)
    ask("getUser", 200, name="mey")
    ask("changeUser", 200, {"role": "uploader"}, name="mey")
    credentials = {"name": "mey", "password": PASSWORD}
    ask("issueToken", 200, credentials)
    other = session_of(ask("signIn", 200, credentials))
    ask("changeOwnPassword", 204, {"current_password": PASSWORD, "new_password": NEW_PASSWORD}, headers=other)
    ask("signOut", 204, headers=other)
    ask("signOutUser", 204, name="mey")
    session_of(ask("signIn", 200, {"name": "weber", "password": PASSWORD}))
    (second,) = [one for one in ask("listOwnSessions", 200, headers=session).json["sessions"] if not one["is_current"]]
    ask("endOwnSession", 204, id=second["id"], headers=session)
    ask("listKeys", 200)
    ask("listAudit", 200)
    assert ask("verifyAudit", 200).json["is_intact"] is True
    assert all(json.loads(line) for line in ask("exportAudit", 200).body.splitlines())


def steer_a_job(described, share) -> None:
    ask = described.ask
    declared = smb_source(share, bytes_per_second=131_072)
    ask("testDeclaration", 200, declared)
    ask("createSource", 201, declared)
    ask("testSource", 200, id="nas")
    ask("suggestForSource", 200, id="nas")
    job = ask("startIndexing", 202, {"source": "nas"}).json["job"]
    until(lambda: ask("getIndexStatus", 200).json["files_processed"] >= 20, "files are processed")
    ask("getSourceMetrics", 200, id="nas")
    connection = described.server.connection()
    connection.request("GET", "/api/index/events", headers={"Authorization": f"Bearer {described.server.key}"})
    stream = connection.getresponse()
    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream")
    assert any(stream.readline().startswith(b"event: status") for _ in range(10))
    described.seen["followIndex"] = {200}
    connection.close()
    ask("pauseIndexing", 202, {"job": job})
    until(lambda: ask("getJob", 200, id=job).json["state"] == "paused", "paused")
    ask("resumeIndexing", 202, {"job": job})
    until(lambda: ask("getJob", 200, id=job).json["state"] == "running", "running again")
    ask("cancelIndexing", 202, {})
    until(lambda: ask("getJob", 200, id=job).json["state"] == "cancelled", "cancelled")


def declare_and_change(described, make_tree, tmp_path):
    ask = described.ask
    tree, _ = make_tree("--files", 40, "--seed", 5, folder=tmp_path / "folder")
    ask("createSource", 201, {"name": "folder", "type": "local", "path": str(tree)})
    ask("getSource", 200, id="folder")
    ask("changeSource", 200, {"schedule": "0 3 * * *"}, id="folder")
    ask("listSources", 200)
    index(described)
    return tree


def index(described) -> dict:
    job = described.ask("startIndexing", 202, {"source": "folder"}).json["job"]
    ended = ("completed", "failed", "cancelled")
    return until(
        lambda: (found := described.ask("getJob", 200, id=job).json)["state"] in ended and found, "the job ends")


def look(described) -> None:
    ask = described.ask
    study = ask("searchCatalogue", 200).json["results"][0]["StudyInstanceUID"]
    ask("getStudy", 200, uid=study)
    series = ask("listSeries", 200, uid=study).json["series"][0]["SeriesInstanceUID"]
    ask("getSeries", 200, uid=series)
    ask("listInstances", 200, uid=series)
    ask("exportCatalogue", 200, query="?format=json")
    ask("exportCatalogue", 200, query="?format=csv")
    ask("listJobs", 200)
    ask("listErrors", 200)
    ask("getMetrics", 200)


def share_and_receive(described) -> None:
    ask = described.ask
    assert ask("getShareSettings", 200).json["default_expiry_seconds"] == 24 * 3_600
    study = ask("searchCatalogue", 200, query="?level=study&source=folder").json["results"][0]["StudyInstanceUID"]
    made = ask("createShare", 201, {"items": [{"type": "study", "uid": study}], "password": PASSWORD}).json
    (name, token) = (made["share"]["id"], made["link"].rsplit("/", 1)[1])
    ask("showShare", 200, token=token)
    ask("downloadShare", 401, token=token)
    opened = ask("unlockShare", 303, f"password={PASSWORD.replace(' ', '+')}", token=token)
    cookie = {"Cookie": opened.headers["Set-Cookie"].split(";")[0]}
    whole = ask("downloadShare", 200, token=token, headers=cookie)
    part = ask("downloadShare", 206, token=token, headers={**cookie, "Range": "bytes=10-19", "If_Range": whole.headers["ETag"]})
    assert part.body == whole.body[10:20]
    ask("listShares", 200, query="?state=active&creator=me")
    ask("getShare", 200, id=name)
    ask("changeShare", 200, {"note": "Gruß", "max_downloads": None}, id=name)
    assert {entry["action"] for entry in ask("listShareAccess", 200, id=name).json["entries"]} == {"view", "unlock", "download"}
    ask("revokeShare", 204, id=name)
    ask("showShare", 404, token=token)
    assert ask("getShareStatistics", 200).json["shares"]["revoked"] == 1


def confirm_missing(described, tree) -> None:
    for path in sorted(path for path in tree.rglob("*") if path.is_file())[:30]:
        os.remove(path)
    assert index(described)["held_missing"] == 30
    assert described.ask("confirmMissing", 200, {"source": "folder"}).json == {"files_removed": 30}


def test_every_operation_is_refused_to_nobody_and_to_every_other_role(described, fileroom, password_file):
    server = described.server
    keys = {role: fileroom("key", "create", role, "--role", role).out.strip() for role in ("admin", "clinician", "uploader")}
    fileroom("user", "add", "mey", "--role", "clinician", "--password-file", password_file)
    signed_in = session_of(server("POST", "/auth/session", {"name": "mey", "password": PASSWORD}, status=200))
    for method, path, operation in described.operations():
        allowed = operation["x-roles"]
        if allowed in (["anyone"], ["link"]):
            continue
        path = path.replace("{id}", "1").replace("{name}", "mey").replace("{uid}", "1.2")
        body = {} if "requestBody" in operation else None

        def refused(status: int, **headers) -> None:
            answer = server(method, path, body, **headers)
            assert answer.status == status, f"{method} {path} with {list(headers)}: {answer.status} {answer.body[:200]}"
            described.check(operation, answer)

        refused(401)
        refused(401, Authorization="Bearer frk_" + "A" * 43)
        for role, key in keys.items():
            if role not in allowed:
                refused(403, Authorization=f"Bearer {key}")
        if method != "GET" and "clinician" in allowed:
            # A session alone is not enough: the page must show that it is ours.
            refused(403, Cookie=signed_in["Cookie"])
            refused(403, Cookie=signed_in["Cookie"], X_CSRF_Token="A" * 43)
    # Nothing of that has done anything: the session is still there.
    assert server.get("/api/me", Cookie=signed_in["Cookie"])["user"]["name"] == "mey"
