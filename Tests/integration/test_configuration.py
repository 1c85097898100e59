"""config.json: sources by name, all mistakes at once, and settings that can be seen to work."""

from __future__ import annotations

import json
import re
import shutil
import time

import pydicom
import pytest

from support import configure, ended, exported, exported_files, search_all, smb_source, status_file, until


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", 64, "--patients", 2)[0]


def test_sources_are_indexed_by_their_names_from_any_folder_of_config(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    source = smb_source(share, "archive")
    del source["password"]
    configure(fileroom, {**source, "password_file": "secret"}, {"name": "local one", "type": "local", "path": "copies"}, data="from-config")
    (tmp_path / "secret").write_text(share.password + "\n")
    shutil.copytree(tree, tmp_path / "copies")
    assert fileroom("index", "archive", "local one", "--json").json["files_opened"] == 128
    rows = search_all(fileroom, "--level", "study")
    # One study in two sources is one study.
    assert len(rows) == 4 and {row["source"] for row in rows} == {"archive, local one"}
    assert len(search_all(fileroom, "--source", "archive")) == len(search_all(fileroom, "--source", "local one")) == 16
    assert len(exported_files(fileroom)) == 128
    # The same place by its address is the same source, with the same settings.
    assert fileroom("index", f"smb://127.0.0.1:{share.port}/{share.name}", "--json").json["files_opened"] == 0
    assert (fileroom("index", "archiv", code=66).err).count('"archive"') == 1
    # FILEROOM_DATA takes precedence over "data"; without it that counts.
    assert not (tmp_path / "from-config").exists()
    fileroom("index", "local one", "--data", tmp_path / "given")
    assert (tmp_path / "given" / "catalogue.sqlite3").exists()


def test_what_is_not_there_is_told_apart_from_what_is_not_known(fileroom, tree):
    configure(fileroom, {"name": "archive", "type": "local", "path": "not mounted"})
    for command in (["index"], ["source", "test"], ["source", "suggest"]):
        said = fileroom(*command, "archive", code=66).err
        assert "not mounted. Is it mounted?" in said
    for command in (["index"], ["source", "test"], ["source", "suggest"], ["source", "metrics"]):
        assert 'Did you mean "archive"?' in fileroom(*command, "archiv", code=66).err
        assert re.search("no source (and no folder )?named x-ray", fileroom(*command, "x-ray", code=66).err)
    # A name that only the catalogue knows is a name too.
    fileroom("index", tree, "--name", "archives")
    assert "No scan holds missing files of archives" in fileroom("confirm", "archives", code=66).err


def test_a_source_that_is_switched_off_is_not_indexed(fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, "off", bytes_per_second=65_536))
    running = fileroom.start("index", "off")
    until(lambda: (status := status_file(fileroom)) and status["files_processed"] >= 5, "files are processed")
    running.kill()
    ended(running, code=None)
    off = smb_source(share, "off", enabled=False)
    del off["password"]
    configure(fileroom, off)
    # By its name or its address, and without a password that would be of no use.
    for arguments in (["index", "off"], ["index", share.url], ["resume"], ["resume", "off"]):
        assert "The source off is switched off" in fileroom(*arguments, code=66).err
    assert fileroom("source", "test", "off", "--json", password=share.password).json["is_path_readable"] is True
    assert len(exported_files(fileroom)) >= 4
    configure(fileroom, {**off, "enabled": True})
    fileroom("resume", password=share.password)
    assert len(exported_files(fileroom)) == 64


def test_without_a_source_all_that_are_configured_and_enabled_are_indexed(fileroom, tree, tmp_path):
    shutil.copytree(tree, tmp_path / "second")
    said = fileroom("index", "--json", code=64)
    assert "No SOURCE is given" in said.err and "config.json" in said.err and said.json["state"] == "failed" and not fileroom.data.exists()
    one, two, off = (
        {"name": "one", "type": "local", "path": str(tree)}, {"name": "two", "type": "local", "path": "second"},
        {"name": "off", "type": "local", "path": "not there", "enabled": False})
    configure(fileroom, off)
    assert "none that is enabled" in fileroom("index", code=64).err
    configure(fileroom, one, off, two)
    assert fileroom("index", "--json").json["files_opened"] == 128
    assert {job["source"] for job in fileroom("status", "--json").json["jobs"]} == {"one", "two"}
    assert fileroom("index", "--full", "--json").json["files_opened"] == 128
    # One that cannot be reached keeps no other from being indexed.
    configure(fileroom, {**off, "enabled": True}, one)
    said = fileroom("index", "--full", "--json", code=66)
    assert said.json["state"] == "failed" and said.json["files_opened"] == 64 and "not there" in said.err


def test_a_source_without_its_password_keeps_no_other_from_being_indexed(fileroom, serve, tree):
    share = serve(tree)
    secret = smb_source(share, "secret")
    del secret["password"]
    unread = {**secret, "name": "unread", "password_file": "not there", "share": "other"}
    local = {"name": "local", "type": "local", "path": str(tree)}
    configure(fileroom, secret, unread, local)
    said = fileroom("index", "--json", code=64)
    assert said.json["state"] == "failed" and said.json["files_opened"] == 64
    assert re.search(r"^fileroom: secret: .*needs a password", said.err, re.M) and re.search(r"^fileroom: unread: .*not there", said.err, re.M)
    assert [job["source"] for job in fileroom("status", "--json").json["jobs"]] == ["local"]
    # The same where interrupted jobs are to be continued.
    other = serve(tree)
    configure(fileroom, smb_source(share, "secret", bytes_per_second=65_536), smb_source(other, "open", bytes_per_second=65_536))
    running = fileroom.start("index", "secret", "open", "--full")
    until(lambda: (status := status_file(fileroom)) and status["pid"] == running.pid and len(status["jobs"]) == 2, "both run")
    running.kill()
    ended(running, code=None)
    configure(fileroom, secret, smb_source(other, "open"))
    assert "fileroom: secret: " in fileroom("resume", code=64).err
    jobs = {job["source"]: job["state"] for job in fileroom("status", "--json").json["jobs"]}
    assert jobs == {"secret": "paused", "open": "completed", "local": "completed"}
    assert "needs a password" in fileroom("resume", code=64).err


def test_every_mistake_is_reported_at_once_with_its_place_and_what_is_allowed(fileroom, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({
        "dta": "x",
        "sources": [
            {"name": "one", "host": "h", "share": "s", "encyption": "required", "retry_attempts": "three", "port": 70_000},
            {"name": "one", "type": "nfs", "performance_mode": "fastest"},
            {"name": "a/b", "share": "s", "bytes_per_second": 5},
        ]}, indent=1))
    said = fileroom("index", "one", code=64)
    for path, words in {
            "dta": 'did you mean "data"', "sources[0].encyption": 'did you mean "encryption"', "sources[0].retry_attempts": "0 to 20",
            "sources[0].port": "65535", "sources[1].name": "", "sources[1].type": "smb", "sources[1].performance_mode": "gentle",
            "sources[2].name": "", "sources[2].host": "", "sources[2].bytes_per_second": "65536"}.items():
        (line,) = [line for line in said.err.splitlines() if re.search(rf"config\.json(:\d+:\d+)?: {re.escape(path)}\b", line)]
        assert words.replace("65536", "") in line.replace(",", "")
    assert said.out == "" and not fileroom.data.exists()
    (tmp_path / "config.json").write_text('{"sources": [}')
    assert "config.json:1:" in fileroom("status", code=64).err
    assert "nothere.json" in fileroom("status", "--config", tmp_path / "nothere.json", code=64).err


def test_a_default_issuer_keeps_equal_ids_of_two_hospitals_apart(fileroom, tree, tmp_path):
    shutil.copytree(tree, tmp_path / "second")
    # The same IDs in other studies: another hospital's.
    for path in (tmp_path / "second").rglob("IM*"):
        dataset = pydicom.dcmread(path)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            setattr(dataset, keyword, getattr(dataset, keyword) + ".9")
        dataset.save_as(path)
    configure(
        fileroom, {"name": "north", "type": "local", "path": str(tree), "default_issuer": "NORTH"},
        {"name": "south", "type": "local", "path": "second", "default_issuer": "SOUTH"})
    result = fileroom("index", "north", "south", "--json").json
    assert (result["patient_count"], result["study_count"]) == (4, 8)
    assert {row["IssuerOfPatientID"] for row in search_all(fileroom, "--level", "study")} == {"NORTH", "SOUTH"}
    # Another issuer counts for what is read from now on: a full scan moves everything.
    configure(fileroom, {"name": "south", "type": "local", "path": "second", "default_issuer": "EAST"})
    assert fileroom("index", "south", "--full", "--json").json["patient_count"] == 4
    assert {row["IssuerOfPatientID"] for row in search_all(fileroom, "--level", "study")} == {"NORTH", "EAST"}


def test_a_limit_in_bytes_per_second_holds_over_all_workers(fileroom, serve, tree):
    share = serve(tree)
    limit = 65_536
    configure(fileroom, smb_source(share, bytes_per_second=limit, performance_mode="fast"))
    began = time.monotonic()
    result = fileroom("index", "nas", "--json").json
    took = time.monotonic() - began
    # A quarter of a second's worth may be saved up, and what is under way at the end is not waited for.
    assert took > (result["bytes_read"] - limit) / limit * 0.8, (took, result)


@pytest.mark.parametrize(("mode", "most"), [("gentle", 4), ("balanced", 32), ("fast", 64)])
def test_a_performance_mode_bounds_the_workers(mode, most, fileroom, serve, tree):
    share = serve(tree)
    configure(fileroom, smb_source(share, performance_mode=mode))
    assert fileroom("index", "nas", "--json").json["files_opened"] == 64
    report = fileroom("source", "test", "nas", "--json").json
    assert 1 <= report["workers"] <= most


def test_name_filter_and_all_names_decide_which_files_are_opened(fileroom, tree, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    file = next(tree.rglob("IM*"))
    for name in ("A", "B.dcm", "C.DICOM", "D.txt", "E.special", "1.2.840.5", ".hidden", "F.IMA"):
        shutil.copy(file, root / name)
    shutil.copytree(root, root / "@eaDir")
    found = lambda: sorted(path.rsplit("/", 1)[1] for path in next(iter(exported(fileroom).values()))["files"])  # noqa: E731
    configure(fileroom, {"name": "n", "type": "local", "path": str(root)})
    result = fileroom("index", "n", "--json").json
    assert found() == ["1.2.840.5", "A", "B.dcm", "C.DICOM", "F.IMA"] and result["enumerated_files"] == 8
    configure(fileroom, {"name": "n", "type": "local", "path": str(root), "name_filter": [".special"]})
    fileroom.data = tmp_path / "data2"
    fileroom("index", "n")
    assert found() == ["E.special"]
    assert fileroom("index", "n", "--all-names", "--json").json["enumerated_files"] == 16
    assert len(found()) == 16
