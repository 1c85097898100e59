"""The programs that Fileroom is compared with: each returns the seconds that it took for what it was given."""

import pathlib
import re
import subprocess
from collections.abc import Callable

from .compare import ContenderFailed
from .world import ROOT, World

PYTHON = ROOT / ".venv/bin/python"
TAGS = (
    "0002,0010 0008,0005 0008,0201 0010,0010 0010,0020 0010,0021 0010,0030 0010,0040 0020,000d 0020,0010 0008,0020 0008,0030 0008,0050 0008,1030"
    " 0008,0090 0008,0080 0020,000e 0020,0011 0008,0021 0008,0031 0008,0060 0008,103e 0018,1030 0018,0015 0020,0060 0008,0070 0008,1090 0008,1010"
    " 0008,0016 0008,0018 0020,0013 0028,0008 0028,0010 0028,0011"
).split()


def must_be(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ContenderFailed(f"{name} found {found}, not {wanted}")


def field(text: str, name: str) -> int:
    match = re.search(rf"\b{name}=(\d+)", text)
    return int(match.group(1)) if match else -1


def scaled(world: World, measure: Callable[[int], float]) -> float:
    """The seconds that a slow peer would take for the whole tree, from what it takes for the subset and for a tenth of that: its start is counted once."""
    files, subset, tiny = world.options.files, world.options.subset, world.tiny_files
    long = measure(subset)
    if files == subset:
        return long
    short = measure(tiny)
    return long + max(0.0, long - short) / (subset - tiny) * (files - subset)


# Local

def bare_local(world: World, mode: str, tree: pathlib.Path, files: int) -> float:
    seconds, output = world.timed([world.folder / "bare_local", mode, tree, 2])
    must_be("bare_local", field(output.read_text(), "files"), files)
    return seconds


def gdcmscanner(world: World, tree: pathlib.Path) -> float:
    options = [option for tag in TAGS for option in ("-t", tag)]
    return world.timed(["gdcmscanner", "-r", "-d", tree, *options])[0]


def pydicom_loop(world: World, tree: pathlib.Path, files: int) -> float:
    seconds, output = world.timed([PYTHON, ROOT / "benchmarks/peers/pydicom_loop.py", tree])
    must_be("the pydicom loop", field(output.read_text(), "files"), files)
    return seconds


def dicomindex(world: World, tree: pathlib.Path) -> float:
    database = world.folder / "dicomindex.sqlite3"
    database.unlink(missing_ok=True)
    return world.timed([ROOT / ".venv/dicomindex/bin/dicomindex", "index_full", database, tree])[0]


# SMB

def bare_smb(world: World, mode: str, processes: int, port: int, share: str, files: int) -> float:
    command = [world.folder / "bare_smb", mode, processes, f"smb://127.0.0.1:{port}/{share}", world.user, world.options.encryption]
    seconds, output = world.timed(command, HOME=str(world.home))
    must_be("bare_smb", field(output.read_text(), "files"), files)
    return seconds


def bare_smb_whole(world: World, mode: str, processes: int, port: int, share: str, wanted: int) -> float:
    """All bytes of all files: thrown away (`whole`), or sent to somebody who does that (`send`)."""
    command = [world.folder / "bare_smb", mode, processes, f"smb://127.0.0.1:{port}/{share}", world.user, world.options.encryption]
    seconds, output = world.timed(command, HOME=str(world.home))
    must_be("bare_smb", max(field(output.read_text(), "bytes"), wanted), field(output.read_text(), "bytes"))
    return seconds


def rclone(world: World, checkers: int, port: int, share: str, entries: int) -> float:
    program = ROOT / ".venv/bin/rclone"
    obscured = subprocess.run([program, "obscure", "-"], input=world.password, capture_output=True, text=True, check=True).stdout.strip()
    seconds, output = world.timed(
        [program, "lsf", "-R", "--config", "", "--checkers", checkers, f":smb:{share}"],
        RCLONE_SMB_HOST="127.0.0.1", RCLONE_SMB_PORT=str(port), RCLONE_SMB_USER=world.user, RCLONE_SMB_PASS=obscured)
    with open(output, "rb") as lines:
        must_be("rclone", sum(1 for _ in lines), entries)
    return seconds


def best_checkers(world: World, port: int, share: str, entries: int) -> int:
    return min((8, 16, 32, 64), key=lambda checkers: min(rclone(world, checkers, port, share, entries) for _ in range(2)))


def timed_smbclient(world: World, port: int, share: str, *arguments, stdin=subprocess.DEVNULL) -> tuple[float, pathlib.Path]:
    login = world.home / "login"
    login.touch(mode=0o600)
    login.write_text(f"username = {world.user}\npassword = {world.password}\ndomain = WORKGROUP\n")
    protection = [] if world.options.encryption == "off" else ["--client-protection=encrypt"]
    return world.timed(
        ["smbclient", "-s", world.home / ".smb/smb.conf", "-p", port, "-A", login, *protection, f"//127.0.0.1/{share}", *arguments],
        stdin, HOME=str(world.home))


def smbclient(world: World, port: int, share: str, files: int) -> float:
    seconds, output = timed_smbclient(world, port, share, "-c", "recurse;ls")
    with open(output, "rb") as lines:
        must_be("smbclient", sum(1 for line in lines if re.match(rb"  IM\d", line)), files)
    return seconds


def smbprotocol(world: World, mode: str, port: int, share: str, files: int) -> float:
    script = ROOT / "benchmarks/peers/smbprotocol_peer.py"
    seconds, output = world.timed([PYTHON, script, mode, port, share, world.user, world.options.encryption, 8])
    must_be("smbprotocol", field(output.read_text(), "files"), files)
    return seconds
