"""What several tests from outside need: waiting with a deadline, looking at processes, reading results."""

from __future__ import annotations

import json
import os
import pathlib
import pty
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable

import pytest


def until(condition: Callable[[], object], what: str, seconds: float = 60):
    """Polls until the condition gives something true, and gives that back; fails after a generous time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    pytest.fail(f"after {seconds} s still not so: {what}")


# MARK: Results


def status_file(fileroom) -> dict | None:
    """index_status.json; None while there is none. It must be valid whenever it is read."""
    try:
        return json.loads((fileroom.data / "index_status.json").read_text())
    except FileNotFoundError:
        return None


def processed(fileroom, process, least: int) -> Callable[[], bool]:
    """Whether a process, and not one before it, has processed so many files: a condition for `until`."""

    def check():
        assert process.poll() is None, process.communicate()
        status = status_file(fileroom)
        return status and status["pid"] == process.pid and status["files_processed"] >= least

    return check


def search_all(fileroom, *arguments, limit: int = 100) -> list[dict]:
    """Every result, page by page."""
    found: list[dict] = []
    cursor: list[str] = []
    while True:
        page = fileroom("search", "--json", "--limit", limit, *arguments, *cursor).json
        found += page
        if len(page) < limit:
            return found
        cursor = ["--after", page[-1]["cursor"]]


def exported(fileroom) -> dict[str, dict]:
    """The export by SeriesKey."""
    return {series["SeriesKey"]: series for series in fileroom("export").json}


def exported_files(fileroom) -> list[str]:
    return sorted(path for series in fileroom("export").json for path in series["files"])


def query(fileroom, sql: str, *values) -> list[tuple]:
    """Looks into the catalogue, past the program."""
    connection = sqlite3.connect(f"file:{fileroom.data}/catalogue.sqlite3?mode=ro", uri=True)
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def is_sound(fileroom) -> bool:
    return query(fileroom, "PRAGMA integrity_check") == [("ok",)] and query(fileroom, "PRAGMA foreign_key_check") == []


def files_of(tree: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())


# MARK: Configuration


def configure(fileroom, *sources: dict, **top) -> pathlib.Path:
    """Writes config.json where the programs find it by themselves."""
    path = fileroom.working_folder / "config.json"
    path.write_text(json.dumps({"sources": list(sources), **top}))
    return path


def smb_source(share, name: str = "nas", **keys) -> dict:
    """A configured source on a share, with its password."""
    return {
        "name": name, "host": "127.0.0.1", "port": share.port, "share": share.name, "username": share.user, "password": share.password, **keys}


# MARK: Processes


def children(pid: int) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except (OSError, IndexError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(entry.name))
    return sorted(found)


def workers(pid: int) -> list[int]:
    """The SMB workers of a process."""
    return [child for child in children(pid) if b"fileroom-smb-worker" in (content(child, "cmdline") or b"")]


def content(pid: int, file: str) -> bytes | None:
    """/proc/PID/FILE; None when the process has gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return None


def is_running(pid: int) -> bool:
    stat = content(pid, "stat")
    return stat is not None and stat.rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")


def ended(process, code: int | None = 0, timeout: float = 90) -> tuple[str, str]:
    """Waits for a process begun with `fileroom.start`; checks its exit code and gives its output."""
    try:
        out, err = process.communicate(timeout=timeout)
    except Exception:
        process.kill()
        process.communicate()
        raise
    if code is not None:
        assert process.returncode == code, f"{process.returncode}\n{out.decode()}\n{err.decode()}"
    return out.decode(), err.decode()


def on_a_terminal(fileroom, *arguments, **environment) -> str:
    """What a command writes when both its outputs are a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [fileroom.program, *map(str, arguments)], env={**fileroom.environment, "FILEROOM_DATA": str(fileroom.data), "TERM": "xterm", **environment},
        cwd=fileroom.working_folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65_536):
            written += part
    except OSError:  # how a terminal says that its other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(30) == 0
    return written.decode()


# MARK: Servers


class Gate:
    """A TCP relay to a server that can stop answering: what has come stays, nothing more goes either way."""

    def __init__(self, port: int | None):
        self.target = port
        self.silent = threading.Event()
        if port is None:
            self.silent.set()
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            if self.silent.is_set():
                continue
            server = socket.create_connection(("127.0.0.1", self.target))
            self.sockets.append(server)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.relay, args=(source, target), daemon=True).start()

    def relay(self, source: socket.socket, target: socket.socket):
        try:
            while data := source.recv(65_536):
                while self.silent.is_set():
                    time.sleep(0.01)
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.silent.clear()
        for each in self.sockets:
            each.close()


def needs_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")
