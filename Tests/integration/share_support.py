"""Shares as their creators and their recipients meet them, from outside."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import http.client
import io
import pathlib
import socket
import subprocess
import threading
import urllib.parse
import zipfile

import pydicom
from pydicom.fileset import FileSet

from server_support import Answer, Server
from support import files_of


class Link:
    """What a recipient was given."""

    def __init__(self, server: Server, made: dict, password: str | None = None):
        self.server, self.password = server, password
        self.id: str = made["share"]["id"]
        self.url: str = made["link"]
        self.path = urllib.parse.urlsplit(self.url).path
        self.token = self.path.removeprefix("/s/")

    def ask(self, place: str = "", method: str = "GET", body: bytes | None = None, **headers) -> Answer:
        """As a program without a key, and without redirections."""
        connection, response = self.open(place, method, body, **headers)
        try:
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def open(self, place: str = "", method: str = "GET", body: bytes | None = None, **headers):
        """A connection, and its response whose body is not read yet."""
        connection = self.server.connection()
        connection.request(method, self.path + place, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return connection, connection.getresponse()

    def unlock(self, password: str | None = None, **headers) -> Answer:
        form = urllib.parse.urlencode({"password": password} if password is not None else {}).encode()
        return self.ask("/unlock", "POST", form, Content_Type="application/x-www-form-urlencoded", **headers)

    @property
    def basic(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f":{self.password}".encode()).decode()} if self.password else {}

    def download(self, **headers) -> Answer:
        return self.ask("/download", **self.basic, **headers)

    def state(self) -> dict:
        return self.server.get(f"/api/shares/{self.id}")

    def revoke(self) -> None:
        self.server("DELETE", f"/api/shares/{self.id}", status=204)

    def log(self) -> list[dict]:
        return self.server.get(f"/api/shares/{self.id}/log")["entries"]

    def curl(self, file: pathlib.Path, *arguments, port: int | None = None) -> subprocess.CompletedProcess:
        """curl -C -, which goes on with what is there."""
        url = self.server.url if port is None else f"http://127.0.0.1:{port}"
        user = ["-u", f":{self.password}"] if self.password else []
        return subprocess.run(
            ["curl", "-sS", "-f", "-C", "-", *user, "-o", file, *arguments, f"{url}{self.path}/download"], capture_output=True, text=True,
            timeout=120)


def share(server: Server, *uids: str, **terms) -> Link:
    made = server("POST", "/api/shares", {"items": [{"uid": uid} for uid in uids], **terms}, status=201)
    return Link(server, made.json, terms.get("password"))


class Cutter:
    """A relay to a server that breaks a connection after so many bytes of an answer; never when that is None."""

    def __init__(self, port: int):
        self.target, self.after = port, None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(client, self.after), daemon=True).start()

    def relay(self, client: socket.socket, left: int | None):
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            threading.Thread(target=self.pass_on, args=(client, server), daemon=True).start()
            while data := server.recv(65_536):
                client.sendall(data if left is None else data[:left])
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        break
            # Closing alone waits for whoever still reads from them.
            for each in (client, server):
                each.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def pass_on(source: socket.socket, target: socket.socket):
        try:
            while data := source.recv(65_536):
                target.sendall(data)
        except OSError:
            pass

    def close(self):
        self.listener.close()


@dataclasses.dataclass
class Contents:
    """A study's files on the NAS."""

    study: str
    digests: dict[str, str]


def contents_of(tree: pathlib.Path, study: str) -> Contents:
    """The SHA-256 of each file of a study, by its SOPInstanceUID."""
    digests = {}
    for path in files_of(tree):
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["StudyInstanceUID", "SOPInstanceUID"])
        if header.StudyInstanceUID == study:
            digests[str(header.SOPInstanceUID)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return Contents(study, digests)


def check_archive(archive: bytes, expected: Contents, folder: pathlib.Path) -> None:
    """That four programs find an archive sound, and that it holds what the NAS does, and says so."""
    file = folder / "archive.zip"
    file.write_bytes(archive)
    for command in (["unzip", "-tq", file], ["7zz", "t", file], ["bsdtar", "-tf", file]):
        checked = subprocess.run(command, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        assert {"DICOMDIR", "README.txt", "MANIFEST.csv"} <= set(opened.namelist())
        opened.extractall(folder / "unpacked")
    unpacked = folder / "unpacked"
    found = {}
    for instance in FileSet(unpacked / "DICOMDIR"):
        path = pathlib.Path(instance.path)
        assert subprocess.run(["dcmdump", "-q", path], capture_output=True).returncode == 0
        found[str(instance.SOPInstanceUID)] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == expected.digests


def read_some(response: http.client.HTTPResponse, count: int) -> bytes:
    """So many bytes of a body; fewer when the connection is broken before."""
    data = b""
    while len(data) < count:
        piece = response.read(min(65_536, count - len(data)))
        if not piece:
            break
        data += piece
    return data


def read_until_cut(response: http.client.HTTPResponse) -> bytes:
    """The rest of a body that is not whole: however the connection ends, it must not look like an end."""
    data = b""
    try:
        while piece := response.read1(65_536):
            data += piece
    except (http.client.IncompleteRead, ConnectionError) as error:
        data += getattr(error, "partial", b"")
    assert response.length, "the whole came"
    return data
