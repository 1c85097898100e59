"""What is measured on: programs, trees, a server, networks with a delay."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from typing import IO

from .compare import ContenderFailed

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Seconds that one run of one program may take.
LONGEST = 1800
# Files of the series that is shared.
WHOLE_FILES = 2_048
CLIENT_CONFIGURATION = """[global]
  client min protocol = SMB2_02
  client max protocol = SMB3_11
  client signing = desired
  unix charset = UTF-8
  name resolve order = host
  disable netbios = yes
  private dir = {home}
  lock directory = {home}
  state directory = {home}
  cache directory = {home}
  pid directory = {home}
"""


class World:
    """A folder with everything in it that a run makes; closing it stops what was started and removes what was made."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.stack = contextlib.ExitStack()
        self.fileroom = options.bin / "fileroom"
        self.server_reply: dict | None = None
        self.numbers = iter(range(1 << 30))

    def __enter__(self) -> "World":
        if not stat.S_ISCHR(os.stat(os.devnull).st_mode):
            # Everybody throws away what was read: into a file that would be what is measured.
            raise SystemExit(f"benchmark: {os.devnull} is no device here. Make it one: rm {os.devnull} && mknod -m 666 {os.devnull} c 1 3")
        if self.options.work:
            self.options.work.mkdir(parents=True, exist_ok=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fileroom-benchmark-", dir=self.options.work))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        # smbd serves the trees as whoever signs in.
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        (self.home / ".smb").mkdir(parents=True)
        (self.home / ".smb/smb.conf").write_text(CLIENT_CONFIGURATION.format(home=self.home))
        self.build()
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    # Programs

    def build(self) -> None:
        """The C peers, with the flags that a distribution would use."""
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "smbclient"], capture_output=True, text=True, check=True).stdout.split()
        for name, more in {"bare_smb": flags, "bare_local": [], "delay_proxy": []}.items():
            source = ROOT / "benchmarks" / f"{name}.c"
            subprocess.run(["gcc", "-O2", "-Wall", "-pthread", "-o", self.folder / name, source, *more], check=True)

    def timed(self, command: list, stdin: IO | int = subprocess.DEVNULL, **variables: str) -> tuple[float, pathlib.Path]:
        """How long a program took from start to end, and what it printed."""
        output = self.folder / "output"
        environment = {**os.environ, "FILEROOM_SMB_PASSWORD": self.password, **variables}
        with open(output, "wb") as file, open(self.folder / "errors", "wb") as errors:
            start = time.perf_counter()
            process = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=file, stderr=errors, env=environment)
            # Not wait(timeout=…), which looks every 50 ms only: that would be in every figure.
            limit = threading.Timer(LONGEST, process.kill)
            limit.start()
            try:
                process.wait()
                seconds = time.perf_counter() - start
            finally:
                limit.cancel()
                if process.poll() is None:
                    process.kill()
                    process.wait()
        if seconds >= LONGEST:
            raise ContenderFailed(f"{pathlib.Path(command[0]).name} was not done after {LONGEST} s")
        if process.returncode:
            said = (self.folder / "errors").read_text(errors="replace").strip().splitlines()[-1:]
            raise ContenderFailed(f"{pathlib.Path(command[0]).name} ended with {process.returncode}: {' '.join(said)[:300]}")
        return seconds, output

    # Trees

    def tree(self, files: int | None = None) -> pathlib.Path:
        """A tree of so many files, made when it is first asked for and read once, so that it is in the page cache."""
        files = files or self.options.files
        folder = self.folder / f"tree-{files}"
        if not folder.exists():
            subprocess.run([ROOT / "tools/make-tree", folder, "--files", str(files)], check=True, stdout=subprocess.DEVNULL)
            os.sync()
            subprocess.run([self.folder / "bare_local", "read", folder], check=True, stdout=subprocess.DEVNULL)
        return folder

    def whole(self) -> pathlib.Path:
        """Two series of the same number of bytes: `many` files, as a scanner writes them, and `one`; in the page cache."""
        folder, size = self.folder / "whole", self.options.share_megabytes << 20
        if not folder.exists():
            for name, files in {"many": WHOLE_FILES, "one": 1}.items():
                subprocess.run(
                    [ROOT / "tools/make-tree", folder / name, "--files", str(files), "--patients", "1", "--studies", "1", "--series", "1",
                     "--size", str(size // files)], check=True, stdout=subprocess.DEVNULL)
            os.sync()
            subprocess.run(["grep", "-r", "-c", "nothing of this", folder], check=False, stdout=subprocess.DEVNULL)
        return folder

    @property
    def tiny_files(self) -> int:
        """How large the smaller of the two trees is that slow peers are measured on."""
        return max(1, self.options.subset // 10)

    def names(self) -> pathlib.Path:
        """The tree's folders and names, with empty files: nothing in it can be read."""
        folder, tree = self.folder / "names", self.tree()
        if not folder.exists():
            for path, folders, files in os.walk(tree):
                here = folder / os.path.relpath(path, tree)
                here.mkdir()
                for name in files:
                    os.close(os.open(here / name, os.O_CREAT | os.O_WRONLY, 0o644))
            os.sync()
        return folder

    @staticmethod
    def count(tree: pathlib.Path) -> tuple[int, int]:
        """Files and folders below."""
        files = folders = 0
        for _, below, names in os.walk(tree):
            files += len(names)
            folders += len(below)
        return files, folders

    # Server and network

    @property
    def password(self) -> str:
        return self.server_reply["password"] if self.server_reply else ""

    @property
    def user(self) -> str:
        return self.server()["user"]

    def server(self) -> dict:
        """The server with a share for each tree, started when it is first asked for."""
        if self.server_reply is None:
            folder = self.folder / "server"
            shares = {"tree": self.tree(), "names": self.names()}
            for files in {self.options.subset, self.tiny_files, self.options.memory_files} - {None}:
                shares[f"tree-{files}"] = self.tree(files)
            if "share" in self.options.rows:
                shares["whole"] = self.whole() / "many"
            command = [ROOT / "tools/smb-server", "start", folder, "--global", f"server smb encrypt = {self.options.encryption}"]
            for name, path in shares.items():
                command += ["--share", f"{name}={path}"]
            self.stack.callback(subprocess.run, [ROOT / "tools/smb-server", "stop", folder], check=False)
            self.server_reply = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return self.server_reply

    @contextlib.contextmanager
    def network(self, round_trip: float):
        """The server's port behind a round trip of so many milliseconds; 0 is the server itself."""
        if round_trip == 0:
            yield self.server()["port"]
            return
        command = [self.folder / "delay_proxy", "0", str(self.server()["port"]), str(round_trip * 500)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
            try:
                yield int(proxy.stdout.readline())
            finally:
                proxy.terminate()

    def columns(self) -> dict[str, float]:
        return {("no delay" if delay == 0 else f"RTT {delay:g} ms"): delay for delay in self.options.delays}

    # Fileroom

    def configuration(self, port: int, share: str, **more) -> pathlib.Path:
        source = {
            "name": "benchmark", "host": "127.0.0.1", "port": port, "share": share, "username": self.user, "encryption": self.options.encryption,
            "enumeration_method": "smb", **more}
        path = self.folder / f"config-{next(self.numbers)}.json"
        path.write_text(json.dumps({"sources": [source]}))
        return path

    @contextlib.contextmanager
    def catalogue(self):
        """A data folder that nothing is in."""
        folder = self.folder / f"catalogue-{next(self.numbers)}"
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def index_command(self, source: str | pathlib.Path, data: pathlib.Path, configuration: pathlib.Path | None = None, workers: int | str | None = None) -> list:
        command = [self.fileroom, "index", source, "--data", data, "--json"]
        if configuration:
            command += ["--config", configuration]
        if workers:
            command += ["--workers", workers]
        return command

    def index(self, *arguments, expected: dict | None = None, **options) -> tuple[float, dict]:
        """How long `fileroom index` took, and its summary, which must agree with what is expected."""
        seconds, output = self.timed(self.index_command(*arguments, **options))
        summary = json.loads(output.read_text())
        for key, value in {"state": "completed", "errors": 0, **(expected or {})}.items():
            if summary[key] != value:
                raise ContenderFailed(f"fileroom index: {key} is {summary[key]}, not {value}")
        return seconds, summary
