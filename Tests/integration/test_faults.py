"""When something goes wrong: a clear message with what to do, in bounded time, nothing lost, and the next run continues."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from support import (
    Gate, configure, ended, exported_files, is_running, is_sound, needs_root, processed, query, search_all, smb_source, until, workers)

FILES = 600
# "In bounded time": what may pass at most on a busy machine, where the product's own limits are a few seconds.
BOUND = 60


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", FILES, "--patients", 5)[0]


@pytest.fixture
def gate(serve, tree):
    share = serve(tree)
    gate = Gate(share.port)
    share.port = gate.port
    yield gate, share
    gate.close()


def logins(share) -> list[str]:
    """What the server says of each attempt to sign in."""
    log = (share.folder / "log.smbd").read_text(errors="replace")
    return [line for line in log.splitlines() if "Auth: [SMB" in line or "Auth: [NTLMSSP" in line]


def leaves_no_trace(fileroom) -> bool:
    return query(fileroom, "SELECT count(*) FROM source") == [(0,)]


def test_a_wrong_password_is_tried_once_and_never_by_every_worker(fileroom, serve, tree):
    share = serve(tree)
    before = len(logins(share))
    refused = fileroom("index", share.url, "--workers", "16", "--json", password="not this", code=77, timeout=BOUND)
    attempts = logins(share)[before:]
    assert len(attempts) == 1 and "WRONG_PASSWORD" in attempts[0], attempts
    assert "Check the user name, password" in refused.err and ".." not in refused.err
    assert leaves_no_trace(fileroom)
    # Also where the source is known and its password was changed: what is there stays, and the right one continues.
    fileroom("index", share.url, password=share.password)
    before = len(logins(share))
    fileroom("index", share.url, "--workers", "16", password="not this", code=77, timeout=BOUND)
    assert len(logins(share)[before:]) == 1
    assert len(exported_files(fileroom)) == FILES
    assert fileroom("index", share.url, "--json", password=share.password).json["files_opened"] == 0


def test_a_root_that_may_not_be_read_is_a_refusal(fileroom, serve_to_others, make_tree, public_folder):
    tree, _ = make_tree("--files", 4, folder=public_folder / "share" / "tree")
    share = serve_to_others(tree.parent)
    url = f"{share.url}/tree"
    for is_known in (False, True):
        if is_known:
            fileroom("index", url, password=share.password)
        tree.chmod(0)
        said = fileroom("index", url, password=share.password, code=77, timeout=BOUND)
        assert "ROOT_NOT_READABLE" in said.err and "read permission" in said.err
        tested = fileroom("source", "test", url, "--json", password=share.password, code=77, timeout=BOUND).json
        assert tested["are_credentials_accepted"] is True and tested["is_path_readable"] is False
        tree.chmod(0o755)
    assert len(exported_files(fileroom)) == 4


@pytest.mark.parametrize(
    ("address", "code", "says"), [
        ("{host}/nosuchshare", 66, "Check the share's name"),
        ("{host}/{share}/no/such/folder", 66, "folder"),
        ("nohost.invalid/{share}", 69, "Check the host name"),
    ])
def test_a_wrong_address_is_told_with_what_to_do_and_leaves_no_trace(address, code, says, fileroom, serve, tree):
    share = serve(tree)
    url = f"smb://{share.user}@" + address.format(host=f"127.0.0.1:{share.port}", share=share.name)
    said = fileroom("index", url, "--json", password=share.password, code=code, timeout=BOUND)
    assert says in said.err
    assert leaves_no_trace(fileroom)
    assert says in fileroom("source", "test", url, password=share.password, code=code, timeout=BOUND).out


def test_a_host_that_is_down_is_told_and_what_is_known_stays(fileroom, serve, tree):
    share = serve(tree)
    fileroom("index", share.url, password=share.password)
    share.stop()
    said = fileroom("index", share.url, password=share.password, code=69, timeout=BOUND)
    assert "Check the port" in said.err
    assert len(exported_files(fileroom)) == FILES
    (job,) = fileroom("status", "--json").json["jobs"]
    assert job["state"] == "failed" and "Check the port" in job["message"]


def test_a_server_that_accepts_and_never_answers_is_given_up(fileroom):
    hole = Gate(None)
    configure(fileroom, {
        "name": "hole", "host": "127.0.0.1", "port": hole.port, "share": "x", "username": "u", "password": "p", "timeout": 1, "retry_attempts": 1})
    said = fileroom("index", "hole", code=69, timeout=BOUND)
    assert "did not answer" in said.err and "Check that the server is on" in said.err
    tested = fileroom("source", "test", "hole", code=69, timeout=BOUND)
    assert "did not answer" in tested.out + tested.err
    hole.close()


def test_a_server_that_falls_silent_in_the_middle_is_given_up_and_the_next_run_continues(fileroom, gate):
    gate, share = gate
    source = smb_source(share, bytes_per_second=500_000, timeout=1, retry_attempts=1, retry_delay=0, max_workers=4)
    configure(fileroom, source)
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 40), "files are processed")
    gate.silent.set()
    out, err = ended(running, code=69, timeout=BOUND)
    failed = json.loads(out)
    assert failed["state"] == "failed" and 40 <= failed["files_opened"] < FILES and "did not answer" in err
    gate.silent.clear()
    configure(fileroom, {**source, "bytes_per_second": 0, "timeout": 10})
    result = fileroom("index", "nas", "--json").json
    assert result["state"] == "completed" and result["files_opened"] == result["dicom_files"] == FILES
    assert len(exported_files(fileroom)) == FILES


def test_a_pause_takes_effect_also_while_the_server_is_silent(fileroom, gate):
    gate, share = gate
    configure(fileroom, smb_source(share, bytes_per_second=500_000, timeout=30, max_workers=4))
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 40), "files are processed")
    gate.silent.set()
    running.send_signal(signal.SIGINT)
    out, _ = ended(running, code=130, timeout=20)
    assert json.loads(out)["state"] == "paused"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
def test_a_worker_that_dies_or_hangs_costs_no_file(how, fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=1_000_000, timeout=1, max_workers=3, retry_delay=0))
    running = fileroom.start("index", "nas", "--json")
    hurt: set[int] = set()
    for goal in (40, 120, 200):
        until(processed(fileroom, running, goal), f"{goal} files are processed")
        victim = next(pid for pid in until(lambda: [p for p in workers(running.pid) if p not in hurt], "a worker") if pid)
        os.kill(victim, how)
        hurt.add(victim)
    out, _ = ended(running)
    result = json.loads(out)
    assert result["state"] == "completed" and result["errors"] == 0
    assert result["files_opened"] == result["dicom_files"] == FILES
    assert len(exported_files(fileroom)) == FILES
    assert not any(map(is_running, hurt)), "a worker that hangs is ended"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    needs_root()
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("needs the permission to mount")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_is_told_loses_nothing_and_the_next_run_continues(fileroom, serve, make_tree, small_disk):
    tree, _ = make_tree("--files", 4_000, "--patients", 40)
    share = serve(tree)
    fileroom.data = small_disk / "data"
    said = fileroom("index", share.url, "--json", password=share.password, code=1, timeout=BOUND)
    assert said.json["state"] == "failed" and 0 < said.json["files_opened"] < 4_000
    assert "full" in said.err.lower() or "space" in said.err.lower()
    # Room is made; what was committed is there, and the same command completes it.
    opened = said.json["files_opened"]
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert is_sound(fileroom)
    assert len(search_all(fileroom, "--level", "instance", limit=5_000)) == opened
    result = fileroom("index", share.url, "--json", password=share.password).json
    assert result["state"] == "completed" and result["files_opened"] == result["dicom_files"] == 4_000
    assert is_sound(fileroom) and len(exported_files(fileroom)) == 4_000


def test_a_disk_without_any_room_is_told_in_words(fileroom, tree, small_disk):
    (small_disk / "filler").write_bytes(b"")
    try:
        with (small_disk / "filler").open("wb") as filler:
            while True:
                filler.write(bytes(4096))
                filler.flush()
    except OSError:
        pass
    fileroom.data = small_disk / "data"
    said = fileroom("index", tree, code=1, timeout=BOUND)
    assert "full" in said.err.lower() or "space" in said.err.lower()
    (small_disk / "filler").unlink()
    assert fileroom("index", tree, "--json").json["dicom_files"] == FILES


def test_a_data_folder_that_cannot_be_written_is_told(fileroom, tree, tmp_path):
    (tmp_path / "file").write_text("")
    for fileroom.data in (tmp_path / "file" / "data", tmp_path / "file"):
        said = fileroom("index", tree, code=1)
        assert "cannot be made: Not a directory. " in said.err and "--data" in said.err
