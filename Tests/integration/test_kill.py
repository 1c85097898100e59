"""A job that is killed ten times is complete and exact at the end, and reads no file again that the catalogue had."""

from __future__ import annotations

import collections
import os
import random
import re
import signal

from support import configure, ended, exported_files, files_of, is_running, is_sound, processed, query, smb_source, until, workers

FILES = 2_400
KILLS = 10


def reads(log: bytes) -> collections.Counter:
    """How often each file was read, from the audit log of the server."""
    return collections.Counter(re.findall(rb"\|openat\|ok\|r\|(\S+)$", log, re.MULTILINE))


def test_ten_kills_on_the_way_lose_nothing_and_read_nothing_twice_that_was_committed(fileroom, serve, make_tree):
    seed = int(os.environ.get("FILEROOM_TEST_SEED", random.randrange(1_000_000)))
    print("seed", seed)
    chance = random.Random(seed)
    tree, counts = make_tree("--files", FILES, "--patients", 12)
    share = serve(
        tree, "--option", "vfs objects = full_audit", "--option", "full_audit:success = openat", "--option", "full_audit:failure = none",
        "--option", "full_audit:syslog = false", "--option", "full_audit:prefix = audit")
    log = share.folder / "log.smbd"
    configure(fileroom, smb_source(share, bytes_per_second=2_500_000, max_workers=4))
    root = str(tree) + "/"
    read_before, read_again, kills = 0, [], 0
    committed: set[bytes] = set()
    while kills < KILLS:
        running = fileroom.start("index", "nas", start_new_session=True)
        goal = FILES * kills // (KILLS + 1) + chance.randrange(FILES // (KILLS + 1)) + 1
        until(processed(fileroom, running, goal), f"{goal} files are processed")
        pids = workers(running.pid)
        running.kill()
        kills += 1
        ended(running, code=-signal.SIGKILL)
        until(lambda: not any(map(is_running, pids)), "no worker is orphaned", 30)
        read_before, read_again = account(log, read_before, committed, read_again, root)
        assert is_sound(fileroom)
        committed = {(f"{folder}/{name}").encode() for folder, name in query(
            fileroom, "SELECT d.path, f.name FROM file f JOIN folder d ON d.id = f.folder_id WHERE f.state = 1")}
        ((opened, shown),) = query(fileroom, "SELECT files_opened, dicom_files FROM job")
        assert opened == shown == len(committed), "counters and rows are committed together"
    result = fileroom("index", "nas", "--json").json
    account(log, read_before, committed, read_again, root)
    assert not read_again, read_again[:5]
    assert result["state"] == "completed"
    assert result["enumerated_files"] == result["files_processed"] == result["files_opened"] == result["dicom_files"] == FILES
    assert (result["series_count"], result["study_count"], result["patient_count"]) == (counts["series"], counts["studies"], counts["patients"])
    assert result["errors"] == 0
    prefix = f"smb://127.0.0.1:{share.port}/{share.name}/"
    assert exported_files(fileroom) == [prefix + str(path.relative_to(tree)) for path in files_of(tree)]
    assert is_sound(fileroom)
    assert query(fileroom, "SELECT count(*) FROM job") == [(1,)], "it was one job all the time"


def account(log, before: int, committed: set[bytes], again: list, root: str):
    """Goes through what the server logged since; what was committed before must not be among what was read."""
    text = log.read_bytes()
    found = reads(text[before:])
    assert found, "the server logs what is read"
    relative = {name.removeprefix(root.encode()) for name in found}
    return len(text), again + sorted(relative & committed)
