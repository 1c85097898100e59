"""The pages against the real server: `fileroom serve` with a real smbd behind it, as `Tests/integration` starts them."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
from dataclasses import dataclass

import pytest

from conftest import Visitor, visit  # the browser's part, shared with the tests against the stand-in

OUTSIDE = pathlib.Path(__file__).resolve().parents[2] / "integration"
sys.path.append(str(OUTSIDE))
specification = importlib.util.spec_from_file_location("outside", OUTSIDE / "conftest.py")
outside = importlib.util.module_from_spec(specification)
sys.modules["outside"] = outside
specification.loader.exec_module(outside)

from server_support import PASSWORD, Server  # noqa: E402
from support import configure  # noqa: E402

# Programs, trees, shares and servers are made as for the tests from outside.
programs, make_tree, fileroom, public_folder = outside.programs, outside.make_tree, outside.fileroom, outside.public_folder
serve, serve_to_others, start = outside.serve, outside.serve_to_others, outside.start
password_file, admin_key = outside.password_file, outside.admin_key
__all__ = ["Visitor", "visit"]


@dataclass
class Place:
    """A running server as visitors know it."""

    server: Server
    password: str = PASSWORD

    @property
    def base(self) -> str:
        return self.server.url


@pytest.fixture
def visit_securely(visit):
    """Makes visitors that put up with the server's own certificate."""
    return lambda **options: visit(ignore_https_errors=True, **options)


@pytest.fixture
def add_people(fileroom, password_file):
    """Adds users on the command line: `add_people(weber="admin")`."""

    def add(**people: str) -> None:
        for name, role in people.items():
            fileroom("user", "add", name, "--role", role, "--password-file", password_file)

    return add


@dataclass
class Hospital(Place):
    """A server with an admin "weber", a clinician "mey", a key, a folder "archive" that was indexed, and a share of it."""


@pytest.fixture(scope="session")
def hospital(programs, make_tree, tmp_path_factory):
    """For tests that change nothing that others look at."""
    folder = tmp_path_factory.mktemp("hospital")
    make_tree("--files", 300, "--patients", 30, folder=folder / "archive")
    fileroom = outside.Fileroom(
        programs / "fileroom", folder / "data", {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}, folder)
    configure(fileroom, {"name": "archive", "type": "local", "path": "archive"})
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    for name, role in {"weber": "admin", "mey": "clinician"}.items():
        fileroom("user", "add", name, "--role", role, "--password-file", password)
    key = fileroom("key", "create", "metrics", "--role", "admin").out.strip()
    fileroom("index", "archive")
    server = Server(fileroom)
    server.key = key
    study = server.get("/api/search?level=study&limit=1")["results"][0]
    server("POST", "/api/shares", {"items": [{"type": "study", "uid": study["StudyInstanceUID"]}], "confirm_conflict": True}, status=201)
    yield Hospital(server)
    server.close()
