"""Jobs under control: pause, resume and cancel from another process and by signal, one owner of a data folder, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import time

import pytest

from support import (
    Gate, children, configure, ended, exported_files, is_running, is_sound, processed, query, smb_source, status_file, until, workers)

FILES = 300


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", FILES, "--patients", 4)[0]


@pytest.fixture
def slow(fileroom, serve, tree):
    """A source named "nas" whose job takes several seconds, about 5 kB a file."""
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=262_144))
    return share


def state(fileroom, job: int = 0) -> str | None:
    status = status_file(fileroom)
    return status["jobs"][job]["state"] if status and len(status["jobs"]) > job else None


def quicken(fileroom, share):
    """What follows is no longer limited."""
    configure(fileroom, smb_source(share))


def test_pause_and_resume_from_another_process(fileroom, slow):
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    assert fileroom("pause", "--json").json == {"command": "pause", "jobs": [1]}
    # "Within a second" is the promise; a generous bound is what a busy machine can be held to.
    until(lambda: state(fileroom) == "paused", "paused", 15)
    paused = status_file(fileroom)
    assert 20 <= paused["files_processed"] < FILES and paused["running"] is True
    assert fileroom("status", "--json").json["files_processed"] == paused["files_processed"]
    # What is there so far can be searched and exported.
    assert 0 < len(exported_files(fileroom)) <= paused["files_processed"]
    assert fileroom("resume", "--json").json == {"command": "resume", "jobs": [1]}
    until(processed(fileroom, running, paused["files_processed"] + 10), "it goes on")
    out, _ = ended(running)
    assert json.loads(out)["state"] == "completed" and json.loads(out)["files_opened"] == FILES


def test_cancel_from_another_process_keeps_what_was_found(fileroom, slow):
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    fileroom("cancel", "1")
    out, _ = ended(running, timeout=20)
    result = json.loads(out)
    assert result["state"] == "cancelled" and 20 <= result["files_opened"] < FILES
    assert len(exported_files(fileroom)) == result["dicom_files"]
    assert "1" not in fileroom("resume", code=66).out
    quicken(fileroom, slow)
    # A cancelled job is over: the next is a new one, which opens what the first had not.
    again = fileroom("index", "nas", "--json").json
    assert again["state"] == "completed" and again["files_opened"] == FILES - result["files_opened"] and again["dicom_files"] == FILES


def test_interrupt_pauses_and_says_how_to_continue(fileroom, slow):
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    running.send_signal(signal.SIGINT)
    out, err = ended(running, code=130, timeout=20)
    paused = json.loads(out)
    assert paused["state"] == "paused" and 20 <= paused["files_opened"] < FILES
    assert "fileroom resume" in err
    assert fileroom("status", "--json").json["jobs"][0]["state"] == "paused"
    quicken(fileroom, slow)
    result = fileroom("resume", "--json").json
    assert result["state"] == "completed" and result["files_opened"] == FILES and len(exported_files(fileroom)) == FILES


@pytest.fixture
def hole():
    """A server that accepts and never answers."""
    hole = Gate(None)
    yield hole
    hole.close()


def hole_source(hole) -> dict:
    return {"name": "hole", "host": "127.0.0.1", "port": hole.port, "share": "x", "username": "u", "password": "p", "timeout": 60}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_reaching_of_a_server_before_there_is_a_job(how, fileroom, hole):
    configure(fileroom, hole_source(hole))
    running = fileroom.start("index", "hole", "--json")
    until(lambda: hole.sockets, "it connects")
    running.send_signal(how)
    # "Within a second" is the promise; this is what a busy machine can be held to, and well below the source's timeout.
    out, err = ended(running, code=130, timeout=15)
    assert json.loads(out)["state"] == "paused" and "The same command continues" in err
    assert query(fileroom, "SELECT count(*) FROM source") == [(0,)] and not workers(running.pid)


def test_an_interrupt_begins_no_further_source(fileroom, slow, hole, tree):
    configure(
        fileroom, smb_source(slow, bytes_per_second=262_144), hole_source(hole), {"name": "last", "type": "local", "path": str(tree)})
    running = fileroom.start("index", "--json")
    until(processed(fileroom, running, 5), "the first source is read")
    until(lambda: hole.sockets, "the second is connected to")
    running.send_signal(signal.SIGINT)
    out, err = ended(running, code=130, timeout=15)
    assert json.loads(out)["state"] == "paused" and "The same command continues" in err
    assert {job["source"]: job["state"] for job in fileroom("status", "--json").json["jobs"]} == {"nas": "paused"}


def test_an_order_that_was_handed_over_is_run_by_who_gave_it_when_the_owner_is_interrupted(fileroom, slow, hole, make_tree):
    small, _ = make_tree("--files", 8, "--seed", 6)
    configure(fileroom, smb_source(slow, bytes_per_second=262_144), hole_source(hole))
    owner = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, owner, 5), "files are processed")
    handed = fileroom.start("index", "hole", small, "--json")
    until(lambda: hole.sockets, "the owner connects for it")
    before = len(hole.sockets)
    owner.send_signal(signal.SIGINT)
    ended(owner, code=130, timeout=15)
    until(lambda: len(hole.sockets) > before, "it connects itself")
    handed.send_signal(signal.SIGINT)
    ended(handed, code=130, timeout=15)


def test_usr1_pauses_and_resumes_and_usr2_cancels(fileroom, slow):
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    running.send_signal(signal.SIGUSR1)
    until(lambda: state(fileroom) == "paused", "paused", 15)
    running.send_signal(signal.SIGUSR1)
    until(lambda: state(fileroom) == "running", "running again", 15)
    running.send_signal(signal.SIGUSR2)
    out, _ = ended(running, timeout=20)
    assert json.loads(out)["state"] == "cancelled"


def test_a_paused_job_survives_the_end_of_its_process(fileroom, slow):
    running = fileroom.start("index", "nas")
    until(processed(fileroom, running, 20), "files are processed")
    fileroom("pause")
    until(lambda: state(fileroom) == "paused", "paused", 15)
    running.kill()
    ended(running, code=-signal.SIGKILL)
    (job,) = fileroom("status", "--json").json["jobs"]
    assert job["state"] == "paused"
    quicken(fileroom, slow)
    assert fileroom("resume", "--json").json["files_opened"] == FILES


def test_a_second_index_is_handed_to_the_process_that_owns_the_data_folder(fileroom, slow, make_tree):
    other, _ = make_tree("--files", 40, "--seed", 2)
    owner = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, owner, 5), "files are processed")
    handed = fileroom("index", other, "--name", "other", "--json")
    assert handed.json["state"] == "completed" and handed.json["files_opened"] == 40
    assert is_running(owner.pid), "the owner's own job goes on"
    assert "The process that owns the data folder" in handed.err
    assert len(status_file(fileroom)["jobs"]) == 2
    fileroom("cancel")
    out, _ = ended(owner)
    assert json.loads(out)["state"] == "cancelled"


def test_a_job_that_was_handed_over_is_told_of_to_its_end_also_when_the_owner_ends_with_it(fileroom, slow, serve, make_tree):
    small, _ = make_tree("--files", 8, "--seed", 3)
    configure(fileroom, smb_source(slow, bytes_per_second=131_072), {"name": "small", "type": "local", "path": str(small)})
    owner = fileroom.start("index", "small", "nas", "--json")
    until(processed(fileroom, owner, 10), "files are processed")
    other, _ = make_tree("--files", 900, "--seed", 4)
    share = serve(other)
    configure(fileroom, smb_source(slow), smb_source(share, "late", bytes_per_second=1_000_000))
    handed = fileroom.start("index", "late", "--json")
    until(lambda: len((status_file(fileroom) or {"jobs": []})["jobs"]) == 3, "the owner has a third job")
    fileroom("cancel", "2")
    out, _ = ended(handed)
    assert json.loads(out)["state"] == "completed" and json.loads(out)["files_opened"] == 900
    ended(owner)


def test_a_job_that_was_handed_over_fails_like_one_that_is_run_here(fileroom, slow, serve, make_tree):
    other, _ = make_tree("--files", 8, "--seed", 5)
    share = serve(other)
    configure(fileroom, smb_source(slow, bytes_per_second=262_144), smb_source(share, "other", retry_delay=0))
    fileroom("index", "other")
    owner = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, owner, 5), "files are processed")
    fileroom("pause", "nas")

    def fails(*sources, code: int, **options) -> dict:
        failed = fileroom("index", *sources, "--json", code=code, **options)
        assert failed.json["state"] == "failed" and "fileroom: " in failed.err
        return failed.json

    # Known sources fail as jobs, unknown ones are refused before there is a job.
    fails("other", code=77, password="not this")
    assert fileroom("status", "other", "--json").json["jobs"][0]["error_type"] == "authentication"
    fails(share.url.removesuffix(share.name) + "nosuchshare", code=66, password=share.password)
    fails("nas", code=1)
    # One that is refused keeps no other from being run.
    assert fails("nas", other, code=1)["files_opened"] == 8
    share.stop()
    fails("other", code=69)
    assert is_running(owner.pid) and state(fileroom) == "paused"
    fileroom("cancel")
    ended(owner)
    assert fileroom("status", "other", "--json").json["jobs"][0]["error_type"] == "network", "also when nobody is the owner any more"
    serve(other, folder=share.folder)
    fileroom("index", "other")
    assert fileroom("status", "other", "--json").json["jobs"][0]["error_type"] is None


def test_a_source_that_is_being_indexed_is_refused_a_second_time(fileroom, slow):
    owner = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, owner, 5), "files are processed")
    refused = fileroom("index", "nas", code=1)
    assert "running already" in refused.err and "fileroom cancel" in refused.err
    assert state(fileroom) == "running"
    fileroom("cancel")
    ended(owner)
    both = fileroom("index", "nas", "nas", "--json", code=1)
    assert "running already" in both.err


def test_two_sources_are_indexed_at_once(fileroom, serve, tree, make_tree):
    other, _ = make_tree("--files", 200, "--seed", 2)
    first, second = serve(tree), serve(other)
    configure(fileroom, smb_source(first, "one", bytes_per_second=524_288), smb_source(second, "two", bytes_per_second=524_288))
    running = fileroom.start("index", "one", "two", "--json")
    together = until(lambda: (status := status_file(fileroom)) and [job["state"] for job in status["jobs"]] == ["running", "running"]
                     and all(job["files_processed"] for job in status["jobs"]) and status, "both read files")
    assert together["files_processed"] == sum(job["files_processed"] for job in together["jobs"])
    out, _ = ended(running)
    result = json.loads(out)
    assert result["state"] == "completed" and result["files_opened"] == FILES + 200
    assert len(exported_files(fileroom)) == FILES + 200
    assert {series["source"] for series in fileroom("search", "--json", "--limit", 1000).json} == {"one", "two"}


def test_status_and_control_without_an_owner(fileroom, slow):
    fileroom("status", code=1)
    assert "fileroom index" in fileroom("search", code=1).err
    for command in ("pause", "cancel", "resume"):
        for job in ([], ["1"], ["nas"]):
            fileroom(command, *job, code=66)
    quicken(fileroom, slow)
    fileroom("index", "nas")
    status = fileroom("status", "--json").json
    assert status["running"] is False and status["jobs"][0]["state"] == "completed" and status["jobs"][0]["files_opened"] == FILES
    for command in ("pause", "cancel", "resume"):
        assert "No job is" in fileroom(command, code=66).err
    # The same from a process that runs another job.
    configure(fileroom, smb_source(slow, bytes_per_second=131_072))
    running = fileroom.start("index", "nas", "--full")
    until(processed(fileroom, running, 1), "files are processed")
    for command in ("pause", "cancel", "resume"):
        assert "not running" in fileroom(command, "77", code=66).err
    fileroom("cancel")
    ended(running)


def test_what_kill_9_leaves_behind_hinders_nobody(fileroom, slow):
    running = fileroom.start("index", "nas")
    until(processed(fileroom, running, 20), "files are processed")
    pids = workers(running.pid)
    assert pids
    running.kill()
    ended(running, code=-signal.SIGKILL)
    until(lambda: not any(is_running(pid) for pid in pids), "the workers end with the program that they work for", 30)
    assert (fileroom.data / "control.sock").exists() and (fileroom.data / "lock").exists()
    (job,) = fileroom("status", "--json").json["jobs"]
    assert job["state"] == "paused" and "interrupted" in job["message"]
    assert "No job is running" in fileroom("pause", code=66).err
    quicken(fileroom, slow)
    result = fileroom("index", "nas", "--json").json
    assert result["state"] == "completed" and result["files_opened"] == FILES
    assert is_sound(fileroom)
    assert not (fileroom.data / "control.sock").exists()


def test_nothing_stays_behind_when_the_program_ends(fileroom, slow, tmp_path):
    fileroom.environment["TMPDIR"] = str(tmp_path / "temporary")
    os.mkdir(tmp_path / "temporary")
    quicken(fileroom, slow)
    running = fileroom.start("index", "nas")
    pids = until(lambda: workers(running.pid) or running.poll() is not None, "workers or the end")
    ended(running)
    assert not any(map(is_running, pids if isinstance(pids, list) else []))
    assert children(running.pid) == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_commands_that_start_at_the_same_moment_find_one_owner(fileroom, make_tree):
    trees = [make_tree("--files", 60, "--seed", seed)[0] for seed in (11, 12, 13)]
    for attempt in range(4):
        fileroom.data = fileroom.working_folder / f"data{attempt}"
        started = [fileroom.start("index", tree, "--name", tree.name, "--json") for tree in trees]
        for process in started:
            out, _ = ended(process)
            assert json.loads(out)["state"] == "completed" and json.loads(out)["files_opened"] == 60
        assert len(exported_files(fileroom)) == 180 and is_sound(fileroom)


def test_a_paused_job_can_be_cancelled_and_confirmed_scans_go_without_an_owner_and_with_one(fileroom, slow, make_tree):
    local, _ = make_tree("--files", 40, "--seed", 14)
    fileroom("index", local, "--name", "local")
    for path in list(local.rglob("IM*"))[:30]:
        path.unlink()
    fileroom("index", local)
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    # The owner is another process.
    assert fileroom("confirm", "local", "--json").json["files_removed"] == 30
    running.send_signal(signal.SIGINT)
    ended(running, code=130)
    # Nobody is the owner.
    fileroom("cancel", "nas")
    states = {job["source"]: job["state"] for job in fileroom("status", "--json").json["jobs"]}
    assert states == {"local": "completed", "nas": "cancelled"}
    fileroom("resume", code=66)


def test_what_kill_9_left_can_be_cancelled(fileroom, slow):
    running = fileroom.start("index", "nas")
    until(processed(fileroom, running, 20), "files are processed")
    running.kill()
    ended(running, code=-signal.SIGKILL)
    assert fileroom("cancel", "--json").json["jobs"] == [1]
    assert fileroom("status", "--json").json["jobs"][0]["state"] == "cancelled"


@pytest.fixture
def held(fileroom, make_tree):
    """A source named "local" of which 30 files are held."""
    local, _ = make_tree("--files", 40, "--seed", 15)
    fileroom("index", local, "--name", "local")
    for path in list(local.rglob("IM*"))[:30]:
        path.unlink()
    fileroom("index", "local", "--config", configure(fileroom, {"name": "local", "type": "local", "path": str(local)}))
    return local


@pytest.mark.parametrize("listens", [False, True])
def test_what_is_confirmed_is_done_also_when_the_owner_ends_meanwhile(listens, fileroom, held):
    """The owner is played: it has the lock, and listens, or no longer does; it ends without an answer."""
    with (fileroom.data / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.ExitStack() as stack:
            if listens:
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(str(fileroom.data / "control.sock"))
                listener.listen()
            confirming = fileroom.start("confirm", "local", "--json")
            if listens:
                client, _ = listener.accept()
                assert client.recv(65_536).startswith(b"POST /api/index/confirm ")
                client.close()
            else:
                time.sleep(0.5)
            # Nothing is told before somebody has done it.
            assert confirming.poll() is None
    out, _ = ended(confirming)
    assert json.loads(out)["files_removed"] == 30 and len(exported_files(fileroom)) == 10


def test_a_source_that_is_being_scanned_is_not_confirmed_and_the_others_are(fileroom, held, serve, make_tree):
    tree, _ = make_tree("--files", 120, "--seed", 16)
    share = serve(tree)
    configure(fileroom, smb_source(share))
    fileroom("index", "nas")
    for path in list(tree.rglob("IM*"))[:60]:
        path.unlink()
    fileroom("index", "nas")
    configure(fileroom, smb_source(share, bytes_per_second=65_536, max_workers=2))
    running = fileroom.start("index", "nas", "--full")
    until(processed(fileroom, running, 1), "files are processed")
    said = fileroom("confirm", "--json", code=1)
    assert "nas: A scan of this source is under way" in said.err and "cancel it" in said.err
    assert said.json["files_removed"] == 30
    fileroom("cancel")
    ended(running)
    assert fileroom("confirm", "nas", "--json").json["files_removed"] == 60
