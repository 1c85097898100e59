"""Options of index, search and export, at work."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import stat
import subprocess

import pydicom
import pytest

from support import (
    Gate, configure, ended, exported_files, files_of, is_sound, needs_root, processed, search_all, smb_source, status_file, until, workers)

FILES = 300


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", FILES, "--patients", 4)[0]


def has_let_go(fileroom, process: subprocess.Popen) -> bool:
    """Whether the process was the last to own the data folder, and does not any more."""
    try:
        with open(fileroom.data / "lock", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock.read() == f"{process.pid}\n"
    except BlockingIOError:
        return False


def job_of(fileroom) -> dict:
    (job,) = fileroom("status", "--json").json["jobs"]
    return job


def test_each_method_gives_the_same_catalogue_and_says_why_it_was_taken(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    mounted = {**smb_source(share), "mount_path": str(tree)}
    seen = []
    for method, source in (("smb", mounted), ("local", mounted), ("auto", mounted), ("auto", smb_source(share))):
        fileroom.data = tmp_path / f"data{len(seen)}"
        configure(fileroom, source)
        result = fileroom("index", "nas", "--method", method, "--json").json
        job = job_of(fileroom)
        assert result["method"] == job["method"] in ("smb", "local") and job["method_reason"]
        if method != "auto":
            assert job["method"] == method
        seen.append((result["dicom_files"], exported_files(fileroom)))
    assert job["method"] == "smb" and "not mounted" in job["method_reason"]
    assert all(one == seen[0] for one in seen) and seen[0][0] == FILES
    configure(fileroom, smb_source(share))
    assert "mount_path" in fileroom("index", "nas", "--method", "local", code=66).err
    assert "smb://" in fileroom("index", tree, "--method", "smb", code=64).err


def test_auto_measures_both_ways_and_takes_the_one_that_works(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    configure(fileroom, {**smb_source(share), "mount_path": str(tree)})
    fileroom("index", "nas")
    assert "measured" in job_of(fileroom)["method_reason"]
    configure(fileroom, {**smb_source(share), "mount_path": str(tmp_path / "not there")})
    fileroom("index", "nas")
    assert job_of(fileroom)["method"] == "smb"


def test_a_rescan_by_the_other_method_opens_only_what_changed(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, {**smb_source(share), "mount_path": str(tree)})
    fileroom("index", "nas", "--method", "smb")
    assert fileroom("index", "nas", "--method", "local", "--json").json["files_opened"] == 0
    assert fileroom("index", "nas", "--method", "smb", "--json").json["files_opened"] == 0


def test_a_name_is_kept_changed_and_not_given_twice(fileroom, tree, make_tree):
    other, _ = make_tree("--files", 10, "--seed", 2)
    fileroom("index", tree, "--name", "archive")
    assert {row["source"] for row in search_all(fileroom)} == {"archive"}
    fileroom("index", tree, "--name", "renamed")
    fileroom("index", tree)
    assert {row["source"] for row in search_all(fileroom)} == {"renamed"}
    assert "--name" in fileroom("index", other, "--name", "renamed", code=64).err
    fileroom("index", tree, other, "--name", "x", code=64)


def damage(path):
    """Overwrites the first pages, as a failing disk does, once they are no longer in the write-ahead log."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.write(b"not a database any more" * 2_000)


def test_a_corrupt_catalogue_is_told_set_aside_on_request_and_built_again(fileroom, tree):
    fileroom("index", tree)
    catalogue = fileroom.data / "catalogue.sqlite3"
    damage(catalogue)
    for command in (["index", tree], ["search"], ["export"], ["status"]):
        said = fileroom(*command, code=1)
        assert "--rebuild" in said.err and said.out in ("", "[")
    assert fileroom("doctor", code=1).out.count("--rebuild") >= 1
    result = fileroom("index", tree, "--rebuild", "--json")
    assert result.json["dicom_files"] == result.json["files_opened"] == FILES
    (aside,) = fileroom.data.glob("catalogue.sqlite3.*.aside")
    assert str(aside) in result.err and "index all of yours again" in result.err
    assert is_sound(fileroom) and len(exported_files(fileroom)) == FILES


def test_a_sound_catalogue_is_not_set_aside(fileroom, tree):
    fileroom("index", tree, "--rebuild")  # where there is none, nothing is in the way
    refused = fileroom("index", tree, "--rebuild", "--json", code=64)
    assert "is sound" in refused.err and "--full" in refused.err and refused.json["state"] == "failed" and refused.json["series_count"] == 32
    fileroom("index", tree.parent / "nothing here", "--rebuild", code=64)
    assert len(exported_files(fileroom)) == FILES and not list(fileroom.data.glob("*.aside"))


def test_a_rebuild_sets_nothing_aside_before_a_source_was_reached(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    hole = Gate(None)
    configure(fileroom, {"name": "hole", "host": "127.0.0.1", "port": hole.port, "share": "x", "username": "u", "password": "p", "timeout": 60})
    fileroom("index", tree)
    catalogue = fileroom.data / "catalogue.sqlite3"
    damage(catalogue)
    before = catalogue.read_bytes()
    fileroom("index", tmp_path / "nothing here", "--rebuild", code=66)
    fileroom("index", "no-such-name", "--rebuild", code=66)
    fileroom("index", share.url, "--rebuild", password="not this", code=77)
    both = fileroom("index", tmp_path / "nothing here", share.url, "--rebuild", password="not this", code=66)
    assert "nothing here: There is no folder" in both.err and "refused the login" in both.err
    running = fileroom.start("index", "hole", "--rebuild", "--json")
    until(lambda: hole.sockets, "it connects")
    running.send_signal(signal.SIGINT)
    out, err = ended(running, code=130, timeout=15)
    assert json.loads(out)["state"] == "paused" and "The same command continues" in err
    hole.close()
    assert catalogue.read_bytes() == before and not list(fileroom.data.glob("*.aside"))


def test_a_rebuild_says_which_sources_are_to_be_indexed_again(fileroom, tree, make_tree):
    other, _ = make_tree("--files", 10, "--seed", 2)
    fileroom("index", tree, "--name", "archive")
    fileroom("index", other, "--name", "second")
    connection = sqlite3.connect(fileroom.data / "catalogue.sqlite3")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    said = fileroom("index", tree, "--rebuild", "--json")
    assert said.json["files_opened"] == FILES
    assert f"index them again: second ({other})" in said.err and "newer version" in said.err and "archive (" not in said.err


def test_a_rebuild_is_refused_while_a_job_runs(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=131_072))
    running = fileroom.start("index", "nas")
    until(processed(fileroom, running, 5), "files are processed")
    assert "Another process" in fileroom("index", "nas", "--rebuild", code=1).err
    fileroom("cancel")
    ended(running)


def test_an_export_is_put_in_place_as_a_whole_or_not_at_all(fileroom, tree, tmp_path):
    fileroom("index", tree)
    target = tmp_path / "series.json"
    said = fileroom("export", "--output", target)
    assert said.out == "" and len(json.loads(target.read_text())) == 32
    assert target.stat().st_mode & 0o077 == 0
    whole = target.read_bytes()
    # One that fails leaves the old one.
    target.with_name("series.json.part").mkdir()
    assert "cannot be put in place" in fileroom("export", "--output", target, code=1).err
    assert target.read_bytes() == whole
    fileroom("export", "--output", tmp_path / "no/such/folder/x.json", code=1)
    fileroom("export", "--format", "csv", "--output", tmp_path / "series.csv")
    assert (tmp_path / "series.csv").read_bytes().startswith(b"SeriesKey,PatientName,")
    # What is no file stays what it is, and is written to.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        fileroom("export", "--format", "csv", "--output", pipe)
        assert reader.stdout.read() == (tmp_path / "series.csv").read_bytes()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    # A link goes on leading to the file, which is replaced.
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "series.csv")
    fileroom("export", "--format", "json", "--output", link)
    assert link.is_symlink() and json.loads((tmp_path / "series.csv").read_text()) == json.loads(whole)
    # Who waits for a reader can be interrupted.
    waiting = fileroom.start("export", "--output", pipe)
    until(lambda: has_let_go(fileroom, waiting), "it has owned the data folder for its moment")
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(10) == -signal.SIGINT


def test_an_export_onto_a_full_disk_leaves_nothing_that_looks_whole(fileroom, tree, tmp_path):
    needs_root()
    fileroom("index", tree)
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], capture_output=True).returncode != 0:
        pytest.skip("needs the permission to mount")
    try:
        said = fileroom("export", "--output", disk / "x.json", code=1)
        assert "space" in said.err and list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_reader_that_goes_away_ends_an_export_quietly(fileroom, tree):
    fileroom("index", tree)
    process = fileroom.start("export")
    process.stdout.close()
    process.stderr.read()
    assert process.wait(30) in (0, 1)


def test_pages_do_not_shift_while_a_job_runs(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=262_144))
    running = fileroom.start("index", "nas")
    until(processed(fileroom, running, 60), "files are processed")
    seen: list[str] = []
    rounds = 0
    while (status := status_file(fileroom)) and status["running"] and running.poll() is None and rounds < 12:
        rows = search_all(fileroom, "--level", "series", limit=7)
        keys = [row["SeriesInstanceUID"] for row in rows]
        assert len(keys) == len(set(keys)), "none twice"
        dates = [row["StudyDate"] for row in rows]
        assert dates == sorted(dates, reverse=True), "newest first, whatever comes in meanwhile"
        assert set(seen) <= set(keys), "what was found stays"
        seen = keys
        rounds += 1
    assert rounds > 0
    running.send_signal(signal.SIGINT)
    ended(running, code=None)


def test_every_series_can_be_found_soon_after_the_folders_are_listed(fileroom, serve, tree):
    share = serve(tree)
    # So slow that it would take minutes to the end.
    configure(fileroom, smb_source(share, bytes_per_second=65_536, max_workers=2))
    running = fileroom.start("index", "nas")
    series = until(lambda: (status := status_file(fileroom)) and status["series_count"] == 32 and status, "all series are known")
    assert series["files_processed"] < FILES / 2, "the first file of each folder is read first"
    until(lambda: len(fileroom("search", "--json", "--limit", 100).json) == 32, "all series are found")
    fileroom("cancel")
    ended(running)


def test_a_limit_above_a_page_of_the_catalogue_is_kept(fileroom, make_tree):
    many, _ = make_tree("--files", 2_300, "--flat", "--patients", 1)
    fileroom("index", many)
    for limit, count in ((2_300, 2_300), (2_000, 2_000), (100_000, 2_300)):
        rows = fileroom("search", "--level", "instance", "--json", "--limit", limit).json
        assert len({row["SOPInstanceUID"] for row in rows}) == len(rows) == count


def test_a_search_takes_a_body_part_and_puts_what_fits_best_first_on_request(fileroom, make_tree):
    tree, _ = make_tree("--files", 2, "--patients", 2, "--studies", 1, "--series", 1)
    for path, name, date, part in zip(files_of(tree), ("Ann^X", "Annabel^Y"), ("20200101", "20250101"), ("CHEST", "HEAD"), strict=True):
        dataset = pydicom.dcmread(path)
        (dataset.PatientName, dataset.StudyDate, dataset.BodyPartExamined) = (name, date, part)
        dataset.save_as(path)
    fileroom("index", tree)
    found = lambda *options: [row["PatientName"] for row in search_all(fileroom, *options)]  # noqa: E731
    assert found("ann") == found("ann", "--order", "date") == ["Annabel^Y", "Ann^X"]
    assert found("ann", "--order", "relevance") == ["Ann^X", "Annabel^Y"]
    assert found("--body-part", "head") == ["Annabel^Y"] and found("--body-part", "KNEE") == []
    # A page of one order has no place in the other.
    (first,) = fileroom("search", "ann", "--order", "relevance", "--limit", 1, "--json").json
    assert [row["PatientName"] for row in fileroom("search", "ann", "--order", "relevance", "--after", first["cursor"], "--json").json] == ["Annabel^Y"]
    fileroom("search", "ann", "--after", first["cursor"], code=64)


def test_workers_are_as_many_as_asked_for(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, bytes_per_second=131_072))
    running = fileroom.start("index", "nas", "--workers", "3")
    until(processed(fileroom, running, 30), "files are processed")
    assert 1 <= len(workers(running.pid)) <= 3
    fileroom("cancel")
    ended(running)


def test_the_programs_ask_for_a_password_on_a_terminal_only(fileroom, serve, tree):
    share = serve(tree)
    said = fileroom("index", share.url, code=64)
    assert "--password-file" in said.err and "FILEROOM_SMB_PASSWORD" in said.err
    assert os.fspath(fileroom.data / "lock") and not (fileroom.data / "catalogue.sqlite3").exists()


def test_local_files_are_all_found(fileroom, tree):
    fileroom("index", tree)
    assert exported_files(fileroom) == [str(path) for path in files_of(tree)]
