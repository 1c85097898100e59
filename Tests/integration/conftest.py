"""What the tests from outside share: the programs, a real smbd, and what pydicom finds in a tree.

FILEROOM_BIN names the folder of the programs to test; without it they are the debug build's.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

import pydicom
import pytest

from server_support import PASSWORD, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def programs() -> pathlib.Path:
    """The folder with fileroom and fileroom-smb-worker."""
    named = os.environ.get("FILEROOM_BIN")
    if named:
        return pathlib.Path(named)
    shown = subprocess.run(["swift", "build", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    return pathlib.Path(shown.stdout.strip())


@dataclasses.dataclass
class Share:
    """A share on a running server."""

    folder: pathlib.Path
    tree: pathlib.Path
    port: int
    name: str
    user: str
    password: str
    pid: int

    @property
    def url(self) -> str:
        return f"smb://{self.user}@127.0.0.1:{self.port}/{self.name}"

    def stop(self, hard: bool = False) -> None:
        subprocess.run([ROOT / "tools/smb-server", "stop", self.folder, *(["--hard"] if hard else [])], check=True)


@pytest.fixture
def public_folder():
    """A folder that every user may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture
def serve(tmp_path_factory, public_folder):  # stopped before the public folder goes
    """Serves a tree: `share = serve(tree)`; further arguments go to tools/smb-server. Stopped when the test ends."""
    folders: list[pathlib.Path] = []

    def start(tree: pathlib.Path, *arguments: str, folder: pathlib.Path | None = None) -> Share:
        folder = folder or tmp_path_factory.mktemp("smbd")
        folders.append(folder)
        started = subprocess.run(
            [ROOT / "tools/smb-server", "start", folder, "--tree", tree, *arguments], check=True, capture_output=True, text=True)
        said = json.loads(started.stdout)
        return Share(folder, tree, said["port"], said["share"], said["user"], said["password"], said["pid"])

    yield start
    for folder in folders:
        subprocess.run([ROOT / "tools/smb-server", "stop", folder], check=True)


@pytest.fixture
def serve_to_others(serve, public_folder):
    """Like `serve`, on a server that works with the permissions of an ordinary user also when root runs the tests."""
    forced = ["--force-user", "nobody"] if os.geteuid() == 0 else []
    return lambda tree, *arguments: serve(tree, *arguments, *forced, folder=public_folder / "smbd")


@dataclasses.dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@dataclasses.dataclass
class Fileroom:
    """Runs fileroom with a data folder of its own, and nothing of the caller's environment."""

    program: pathlib.Path
    data: pathlib.Path
    environment: dict[str, str]
    working_folder: pathlib.Path

    def start(self, *arguments, password: str | None = None, **options) -> subprocess.Popen:
        environment = {**self.environment, "FILEROOM_DATA": str(self.data)}
        if password is not None:
            environment["FILEROOM_SMB_PASSWORD"] = password
        return subprocess.Popen(
            [self.program, *map(str, arguments)], env=environment, cwd=self.working_folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def __call__(self, *arguments, password: str | None = None, timeout: float = 120, code: int | None = 0) -> Result:
        """Runs to the end and checks the exit code; None takes any."""
        process = self.start(*arguments, password=password)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"{arguments} took longer than {timeout} s\n{out.decode()}\n{err.decode()}")
        result = Result(process.returncode, out.decode(), err.decode())
        if code is not None:
            assert result.code == code, f"{arguments}\n{result.out}\n{result.err}"
        return result


@pytest.fixture
def fileroom(programs, tmp_path) -> Fileroom:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    return Fileroom(programs / "fileroom", tmp_path / "data", environment, tmp_path)


@pytest.fixture(scope="session")
def make_tree(tmp_path_factory):
    """Makes a synthetic tree: `tree, counts = make_tree("--files", 300)`."""

    def make(*arguments, folder: pathlib.Path | None = None):
        folder = folder or tmp_path_factory.mktemp("tree")
        made = subprocess.run(
            [ROOT / "tools/make-tree", folder, *map(str, arguments)], check=True, capture_output=True, text=True)
        return folder, json.loads(made.stdout)

    return make


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> pathlib.Path:
    """The real files of tools/run's sample share."""
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([ROOT / "tools/make-sample", folder], check=True)
    return folder


@dataclasses.dataclass
class Expected:
    """What pydicom finds in a tree; media directories are no instances."""

    instances: set[str] = dataclasses.field(default_factory=set)
    series: set[str] = dataclasses.field(default_factory=set)
    studies: set[str] = dataclasses.field(default_factory=set)
    patients: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    files: int = 0


def expected_of(tree: pathlib.Path) -> Expected:
    expected = Expected()
    for path in sorted(tree.rglob("*")):
        if not path.is_file():
            continue
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[
                "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "PatientID", "IssuerOfPatientID"])
        except Exception:  # whatever pydicom cannot read is not expected
            continue
        if "SOPInstanceUID" not in header:
            continue
        expected.files += 1
        expected.instances.add(str(header.SOPInstanceUID))
        expected.series.add(str(header.get("SeriesInstanceUID", "")))
        expected.studies.add(str(header.get("StudyInstanceUID", "")))
        expected.patients.add((str(header.get("PatientID", "")), str(header.get("IssuerOfPatientID", ""))))
    return expected


# MARK: The server


@pytest.fixture
def start(fileroom):
    """Starts a server; further arguments go to it. Ends with the test."""
    servers: list[Server] = []

    def start(*arguments, **options) -> Server:
        servers.append(Server(fileroom, *arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def admin_key(fileroom):
    """Makes an API key on the command line, whether a server runs or not."""
    return lambda role="admin", *more: fileroom("key", "create", f"test-{role}", "--role", role, *more).out.strip()


@pytest.fixture
def password_file(fileroom):
    path = fileroom.working_folder / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path
