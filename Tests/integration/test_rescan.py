"""Scans after the first: what is unchanged is not opened, and the catalogue says exactly what is true."""

from __future__ import annotations

import json
import os
import shutil
import signal

import pydicom
import pytest

from support import (
    configure, ended, exported, exported_files, files_of, is_running, processed, query, search_all, smb_source, until, workers)

FILES = 400


@pytest.fixture
def tree(make_tree, public_folder):
    """A tree of its own, since it is changed."""
    return make_tree("--files", FILES, "--patients", 5, folder=public_folder / "tree")[0]


def names(fileroom, share) -> list[str]:
    prefix = f"smb://127.0.0.1:{share.port}/{share.name}/"
    return [path.removeprefix(prefix) for path in exported_files(fileroom)]


def truth(tree) -> list[str]:
    return [str(path.relative_to(tree)) for path in files_of(tree)]


def rewrite(path, **values):
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


def test_a_second_scan_over_smb_opens_nothing(fileroom, serve, tree):
    share = serve(tree)
    first = fileroom("index", share.url, "--json", password=share.password).json
    again = fileroom("index", share.url, "--json", password=share.password).json
    assert first["files_opened"] == FILES and again["files_opened"] == again["bytes_read"] == 0
    assert {key: again[key] for key in again if key not in ("files_opened", "bytes_read", "elapsed_seconds")} == {
        key: first[key] for key in first if key not in ("files_opened", "bytes_read", "elapsed_seconds")}
    full = fileroom("index", share.url, "--full", "--json", password=share.password).json
    assert full["files_opened"] == FILES and names(fileroom, share) == truth(tree)


def test_after_any_change_the_catalogue_says_exactly_what_is_true(fileroom, serve_to_others, tree, make_tree, public_folder):
    share = serve_to_others(tree)
    index = lambda **options: fileroom("index", share.url, "--json", password=share.password, **options)  # noqa: E731
    index()
    files = files_of(tree)
    other, _ = make_tree("--files", 1, "--seed", 9)
    # One added, one changed, one moved, one deleted.
    added = files[0].parent / "ADDED"
    shutil.copy(files_of(other)[0], added)
    changed, moved, deleted = files[10], files[150], files[290]
    was_of = {path: pydicom.dcmread(path, stop_before_pixels=True) for path in (moved, deleted)}
    rewrite(changed, SeriesDescription="Described anew", StudyDescription="A longer description than there was before")
    target = tree / "elsewhere" / "deeper" / moved.name
    target.parent.mkdir(parents=True)
    moved.rename(target)
    deleted.unlink()
    result = index().json
    assert result["files_opened"] == 3, "the added, the changed and the moved file"
    assert names(fileroom, share) == truth(tree) and result["dicom_files"] == FILES
    found = {row["SOPInstanceUID"]: row for row in search_all(fileroom, "--level", "instance")}
    assert str(was_of[deleted].SOPInstanceUID) not in found
    assert found[str(was_of[moved].SOPInstanceUID)]["file_count"] == 1
    assert str(pydicom.dcmread(added, stop_before_pixels=True).SOPInstanceUID) in found
    series = str(pydicom.dcmread(changed, stop_before_pixels=True).SeriesInstanceUID)
    (row,) = [row for row in search_all(fileroom, "--level", "series") if row["SeriesInstanceUID"] == series]
    assert row["has_conflict"] is True, "one file of the series now says something else"
    moved_files = exported(fileroom)[str(was_of[moved].SeriesInstanceUID)]["files"]
    assert [path for path in moved_files if path.endswith(str(target.relative_to(tree)))]

    # One folder made unreadable: what is in it stays, and the error says what to do.
    folder = files[60].parent
    below = [path for path in files_of(tree) if folder in path.parents]
    folder.chmod(0)
    try:
        result = index()
        assert result.json["errors"] == 1 and result.json["files_opened"] == 0 and result.json["state"] == "completed"
        (error,) = fileroom("errors", "--json").json
        assert (error["error_type"], error["error_code"], error["path"]) == (
            "file system", "PERMISSION_DENIED", str(folder.relative_to(tree)))
        assert "permission" in error["suggestion"]
    finally:
        folder.chmod(0o755)
    assert len(below) > 1 and names(fileroom, share) == truth(tree)
    # Readable again, with one file less.
    below[0].unlink()
    assert index().json["errors"] == 0
    assert names(fileroom, share) == truth(tree)


def test_a_server_that_stops_in_the_middle_empties_nothing_and_the_same_command_continues(fileroom, serve, tree):
    share = serve(tree)
    fileroom("index", share.url, password=share.password)
    victim = files_of(tree)[5]
    victim.unlink()
    source = smb_source(share, bytes_per_second=262_144, retry_attempts=1, retry_delay=0)
    configure(fileroom, source)
    running = fileroom.start("index", "nas", "--full", "--json")
    until(processed(fileroom, running, 40), "files are processed")
    share.stop(hard=True)
    out, err = ended(running, code=69)
    failed = json.loads(out)
    assert failed["state"] == "failed" and 40 <= failed["files_opened"] < FILES
    assert "Check" in err
    assert len(exported_files(fileroom)) == FILES, "all is there, also what was deleted: nobody knows yet"
    fileroom("index", "nas", code=69)
    assert len(exported_files(fileroom)) == FILES
    serve(tree, folder=share.folder)
    configure(fileroom, {**source, "bytes_per_second": 0})
    result = fileroom("index", "nas", "--json").json
    assert result["state"] == "completed"
    # What is read before the server stopped is not read again, and two runs are one job.
    assert result["files_opened"] in (FILES - 1, FILES)
    assert names(fileroom, share) == truth(tree)


def test_a_slice_that_is_rewritten_with_the_same_size_and_time_is_read_again(fileroom, tree):
    fileroom("index", tree, "--name", "local")
    victim = files_of(tree)[7]
    before = victim.stat()
    content = victim.read_bytes()
    assert b"Phantom 3000" in content and b"General Hospital" in content
    victim.write_bytes(content.replace(b"General Hospital", b"Another Hospital"))
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = victim.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns) and after.st_ctime_ns != before.st_ctime_ns
    assert fileroom("index", tree, "--json").json["files_opened"] == 1
    study = str(pydicom.dcmread(victim, stop_before_pixels=True).StudyInstanceUID)
    (row,) = [row for row in search_all(fileroom, "--level", "study") if row["StudyInstanceUID"] == study]
    assert row["has_conflict"] is True


@pytest.mark.parametrize("method", ["local", "smb"])
def test_a_mass_disappearance_is_held_until_it_is_confirmed(method, fileroom, serve, tree):
    share = serve(tree) if method == "smb" else None
    source, password = (share.url, share.password) if share else (tree, None)
    fileroom("index", source, password=password)
    kept = files_of(tree)[:300]
    for path in set(files_of(tree)) - set(kept):
        path.unlink()
    held = fileroom("index", source, "--json", password=password)
    assert held.json["state"] == "completed" and "fileroom confirm" in held.err
    (job,) = fileroom("status", "--json").json["jobs"]
    assert job["held_missing"] == 100
    assert len(exported_files(fileroom)) == FILES
    (confirmed,) = [json.loads(line) for line in fileroom("confirm", "--json").out.splitlines()]
    assert confirmed["files_removed"] == 100
    assert len(exported_files(fileroom)) == 300
    assert fileroom("status", "--json").json["jobs"][0]["held_missing"] is None
    fileroom("confirm", code=66)
    assert fileroom("index", source, "--json", password=password).json["files_opened"] == 0


def test_an_unmounted_volume_empties_nothing_until_a_second_scan_agrees(fileroom, serve, tree):
    share = serve(tree)
    fileroom("index", share.url, password=share.password)
    away = tree.with_name("away")
    tree.rename(away)
    tree.mkdir()
    held = fileroom("index", share.url, "--json", password=share.password)
    assert "fileroom confirm" in held.err
    assert len(exported_files(fileroom)) == FILES and held.json["series_count"] > 0
    assert len(search_all(fileroom, "--level", "series")) == held.json["series_count"]
    # The volume is back: all is well, and nothing is opened.
    tree.rmdir()
    away.rename(tree)
    back = fileroom("index", share.url, "--json", password=share.password).json
    assert back["files_opened"] == 0 and names(fileroom, share) == truth(tree)
    assert fileroom("status", "--json").json["jobs"][0]["held_missing"] is None
    # Empty twice is empty.
    shutil.rmtree(tree)
    tree.mkdir()
    fileroom("index", share.url, password=share.password)
    assert len(exported_files(fileroom)) == FILES
    gone = fileroom("index", share.url, "--json", password=share.password).json
    assert (gone["series_count"], gone["study_count"], gone["patient_count"]) == (0, 0, 0)
    assert exported_files(fileroom) == [] and search_all(fileroom, "--level", "study") == []


def test_a_kill_during_a_rescan_marks_nothing_as_gone_and_the_next_scan_is_right(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, max_workers=2))
    fileroom("index", "nas")
    configure(fileroom, smb_source(share, bytes_per_second=131_072, max_workers=2))
    for path in files_of(tree)[::50]:
        path.unlink()
    running = fileroom.start("index", "nas", "--full")
    until(processed(fileroom, running, 20), "files are processed")
    pids = workers(running.pid)
    running.kill()
    ended(running, code=-signal.SIGKILL)
    until(lambda: not any(map(is_running, pids)), "no worker is orphaned", 30)
    assert len(exported_files(fileroom)) == FILES
    configure(fileroom, smb_source(share))
    fileroom("index", "nas")
    assert names(fileroom, share) == truth(tree)
    assert query(fileroom, "PRAGMA integrity_check") == [("ok",)]
