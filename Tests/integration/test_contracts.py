"""What other programs rely on: the JSON of each command, exit codes, and that no password is ever shown."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import re
import secrets
import socket

import pytest

from support import configure, content, ended, on_a_terminal, processed, smb_source, status_file, until, workers

RESULT_KEYS = [
    "state", "enumerated_files", "files_processed", "files_opened", "dicom_files", "not_dicom", "series_count", "study_count", "patient_count",
    "errors", "bytes_read", "elapsed_seconds", "method"]
EXPORT_KEYS = [
    "SeriesKey", "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyDescription", "SeriesDescription", "SeriesNumber", "Modality",
    "files", "file_count"]
STATUS_KEYS = {
    "enumerated_files", "files_processed", "series_count", "errors", "running", "last_updated", "estimated_completion", "pid", "jobs",
    "files_per_second"}
JOB_KEYS = {
    "id", "source", "state", "method", "method_reason", "files_per_second", "bytes_read", "folders_listed", "folders_left", "started_at", "last_errors",
    "error_type"}
ERROR_KEYS = {"error_type", "error_code", "message", "suggestion", "path", "time", "retry_count"}
ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", 96, "--patients", 3)[0]


@pytest.fixture
def indexed(fileroom, serve, tree):
    share = serve(tree)
    return fileroom, share, fileroom("index", share.url, "--json", password=share.password)


def test_index_writes_one_object_with_the_keys_of_the_contract_and_nothing_else(indexed):
    _, _, result = indexed
    assert list(result.json) == RESULT_KEYS
    assert result.out.count("\n") == 1
    assert result.json["state"] == "completed" and result.json["method"] == "smb"
    assert result.json["files_opened"] == result.json["dicom_files"] == 96
    assert result.json["bytes_read"] > 0 and result.json["elapsed_seconds"] > 0


def test_search_gives_objects_with_dicom_keywords_and_a_cursor(indexed):
    fileroom, share, _ = indexed
    common = {
        "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID", "StudyDate", "StudyTime",
        "AccessionNumber", "StudyDescription", "ReferringPhysicianName", "InstitutionName", "ModalitiesInStudy", "NumberOfStudyRelatedSeries",
        "file_count", "source", "has_conflict", "has_patient_conflict", "cursor"}
    of_series = {
        "SeriesInstanceUID", "SeriesNumber", "SeriesDate", "SeriesTime", "Modality", "SeriesDescription", "ProtocolName", "BodyPartExamined", "Laterality"}
    of_instance = {"SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames", "Rows", "Columns"}
    for level, keys, count in (
            ("study", common | {"NumberOfStudyRelatedInstances"}, 6), ("series", common | of_series | {"NumberOfSeriesRelatedInstances"}, 24),
            ("instance", common | of_series | of_instance, 96)):
        found = fileroom("search", "--json", "--level", level, "--limit", 1000).json
        assert len(found) == count
        for row in found:
            assert set(row) == keys
            assert row["source"] == share.name and isinstance(row["file_count"], int) and isinstance(row["cursor"], str)
    assert fileroom("search", "--json", "nobody at all").json == []


def test_export_carries_exactly_the_keys_of_the_contract_in_both_forms(indexed):
    fileroom, share, _ = indexed
    series = fileroom("export").json
    assert len(series) == 24
    root = f"smb://127.0.0.1:{share.port}/{share.name}/"
    for one in series:
        assert list(one) == EXPORT_KEYS
        assert one["file_count"] == len(one["files"]) == 4
        for file in one["files"]:
            assert file.startswith(root) and (share.tree / file.removeprefix(root)).is_file()
    table = list(csv.DictReader(io.StringIO(fileroom("export", "--format", "csv").out, newline="")))
    assert list(table[0]) == EXPORT_KEYS
    for row, one in zip(table, series, strict=True):
        assert row["files"].split("|") == one["files"]
        assert {key: row[key] for key in EXPORT_KEYS if key != "files"} == {
            key: "" if one[key] is None else str(one[key]) for key in EXPORT_KEYS if key != "files"}


def test_status_and_its_file_have_the_fields_of_the_contract_with_and_without_a_running_job(indexed):
    fileroom, share, _ = indexed
    for status in (fileroom("status", "--json").json, status_file(fileroom)):
        assert STATUS_KEYS <= set(status)
        assert status["running"] is False and status["estimated_completion"] is None
        assert ISO_8601.fullmatch(status["last_updated"])
        (job,) = status["jobs"]
        assert JOB_KEYS <= set(job)
        assert job["state"] == "completed" and job["method"] == "smb" and job["method_reason"] and ISO_8601.fullmatch(job["started_at"])
    configure(fileroom, smb_source(share, bytes_per_second=65_536, max_workers=2))
    running = fileroom.start("index", "nas", "--full", "--json")
    try:
        live = until(lambda: (status := status_file(fileroom)) and status["running"] and status["jobs"][0]["folders_listed"] and status, "running")
        assert live["pid"] == running.pid
        asked = fileroom("status", "--json").json
        assert asked["running"] is True and asked["pid"] == running.pid and set(asked) == set(live)
    finally:
        fileroom("cancel")
    out, _ = ended(running)
    assert json.loads(out)["state"] == "cancelled"


def test_errors_have_the_fields_of_the_contract(fileroom, serve_to_others, make_tree, public_folder):
    tree, _ = make_tree("--files", 20, folder=public_folder / "tree")
    denied = next(tree.rglob("IM0001*"))
    denied.chmod(0)
    share = serve_to_others(tree)
    result = fileroom("index", share.url, "--json", password=share.password)
    assert result.json["errors"] == 1 and result.json["dicom_files"] == 19
    assert "fileroom errors" in result.err
    (error,) = fileroom("errors", "--json").json
    assert set(error) == ERROR_KEYS
    assert (error["error_type"], error["error_code"]) == ("file system", "PERMISSION_DENIED")
    assert ISO_8601.fullmatch(error["time"]) and error["time"] >= fileroom("status", "--json").json["jobs"][0]["started_at"]
    assert error["path"] == str(denied.relative_to(tree)) and error["suggestion"] and error["message"]
    assert error["suggestion"] in fileroom("errors").out
    for status in (status_file(fileroom), fileroom("status", "--json").json):
        assert status["jobs"][0]["last_errors"] == [error]


def test_a_failed_job_still_ends_with_one_object(fileroom, serve, tree):
    share = serve(tree)
    fileroom("index", share.url, password=share.password)
    share.stop(hard=True)
    failed = fileroom("index", share.url, "--json", password=share.password, code=69)
    assert list(failed.json) == RESULT_KEYS and failed.json["state"] == "failed"
    (job,) = fileroom("status", "--json").json["jobs"]
    assert job["state"] == "failed" and "Check the port" in job["message"]


def test_every_way_to_fail_ends_with_one_object(fileroom, serve, tree, tmp_path):
    share = serve(tree)

    def fails(*arguments, code: int, **options):
        failed = fileroom("index", *arguments, "--json", code=code, **options)
        assert list(failed.json) == RESULT_KEYS and failed.json["state"] == "failed" and failed.out.count("\n") == 1
        assert failed.err.startswith("fileroom: ")

    fails("no-such-name", code=66)
    fails("smb://nas", code=64)
    fails(share.url, code=64)  # no password
    fails(share.url, "--password-file", tmp_path / "nothing here", code=64)
    fails(share.url, password="not this", code=77)
    fails(tree, "--method", "smb", code=64)
    fails(tree, "--data", "/dev/null/x", code=1)
    fails(tree, "--config", tmp_path / "nothing here", code=64)
    (tmp_path / "config.json").write_text('{"sources": [}')
    fails(tree, code=64)
    (tmp_path / "config.json").unlink()
    fileroom.data = tmp_path / "corrupt"
    fileroom.data.mkdir()
    (fileroom.data / "catalogue.sqlite3").write_bytes(b"not a database" * 1000)
    fails(tree, code=1)
    # One that fails among others is not lost sight of.
    both = fileroom("index", tree, "no-such-folder/", "--rebuild", "--json", code=66).json
    assert both["state"] == "failed" and both["files_opened"] == 96
    # What cannot be understood has no result.
    assert fileroom("index", tree, "--json", "--wrkers", "3", code=64).out == ""


def test_the_totals_are_the_catalogues_also_when_no_job_could_be_begun(indexed, tmp_path):
    fileroom, share, result = indexed
    totals = {key: result.json[key] for key in ("series_count", "study_count", "patient_count")}
    assert totals == {"series_count": 24, "study_count": 6, "patient_count": 3}

    def keeps_totals(*arguments, code: int, **options):
        failed = fileroom("index", *arguments, "--json", code=code, **options).json
        assert {key: failed[key] for key in totals} == totals and failed["state"] == "failed" and failed["files_opened"] == 0

    keeps_totals(tmp_path / "nothing here", code=66)
    keeps_totals("no-such-name", code=66)
    keeps_totals(share.url, code=64)  # no password
    (tmp_path / "config.json").write_text('{"sources": [}')
    keeps_totals(share.url, code=64)


def test_commands_that_find_nothing_to_work_on_say_so_and_make_nothing(fileroom, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir(mode=0o700)
    commands = [["status"], ["errors"], ["search"], ["export"], ["pause"], ["resume"], ["cancel"], ["confirm"], ["source", "metrics", "smb://127.0.0.1:1/x"]]
    before = sorted(tmp_path.rglob("*"))
    for fileroom.data in (tmp_path / "missing", tmp_path / "empty", tmp_path / "file", tmp_path / "file" / "below"):
        for command in commands:
            code = {"source": 69, "pause": 66, "resume": 66, "cancel": 66}.get(command[0], 1)
            said = fileroom(*command, code=code).err
            assert "fileroom index" in said or "fileroom status" in said or "Nothing answers" in said, said
        healthy = fileroom.data.name in ("missing", "empty")
        findings = {finding["check"]: finding["ok"] for finding in fileroom("doctor", "--json", code=0 if healthy else 1).json}
        assert findings["data folder"] is healthy and findings["configuration"] is True
        assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "config.json").write_text('{"sources": [}')
    for command in [*commands, ["source", "test", "x"], ["source", "suggest", "x", "--json"]]:
        assert "config.json:1:" in fileroom(*command, code=64).err
    # The data folder that is given is looked at all the same.
    for fileroom.data, given in ((tmp_path / "missing", []), (tmp_path / "file", ["--data", tmp_path / "empty"])):
        findings = {finding["check"]: finding["ok"] for finding in fileroom("doctor", *given, "--json", code=1).json}
        assert findings == {**findings, "configuration": False, "data folder": True, "catalogue": True}


def test_the_doctor_finds_what_is_wrong_with_the_ledger(fileroom, start):
    server = start()
    assert "ok  ledger" in fileroom("doctor").out
    server.stop()
    before = sorted(fileroom.data.iterdir())
    assert "ok  ledger" in fileroom("doctor").out
    key = (fileroom.data / "secret.key").read_bytes()
    (fileroom.data / "secret.key").unlink()
    assert "BAD ledger: The key" in fileroom("doctor", code=1).out
    (fileroom.data / "secret.key").write_bytes(key)
    (fileroom.data / "secret.key").chmod(0o600)
    ledger = fileroom.data / "ledger.sqlite3"
    pages = ledger.read_bytes()
    ledger.write_bytes(pages[:4096] + b"\xff" * (len(pages) - 4096))
    assert "BAD ledger: The ledger is damaged" in fileroom("doctor", code=1).out
    assert sorted(fileroom.data.iterdir()) == before


def test_exit_codes_are_those_of_the_documentation(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    assert fileroom("version", code=0).out == "fileroom 0.1.0\n"
    for arguments in (["index"], ["index", "x", "--wrkers", "3"], ["index", "x", "--workers", "0"], ["search", "--limit", "x"], ["nothing"]):
        assert fileroom(*arguments, code=64).out == ""
    fileroom("index", tmp_path / "nothing here", code=66)
    fileroom("index", "no-such-name", code=66)
    fileroom("status", "77", code=66)
    base = f"smb://{share.user}@127.0.0.1:{share.port}"
    fileroom("index", f"{base}/nosuchshare", password=share.password, code=66)
    fileroom("index", f"{base}/{share.name}/no/such/folder", password=share.password, code=66)
    fileroom("index", f"smb://{share.user}@127.0.0.1:{closed}/{share.name}", password=share.password, code=69)
    fileroom("index", share.url, password="wrong", code=77)
    fileroom("index", share.url, code=64)
    fileroom("index", share.url, password=share.password, code=0)
    fileroom("errors", "77", code=66)
    fileroom("search", "--after", "not a cursor", code=64)


def test_an_unknown_option_or_command_suggests_the_nearest_one(fileroom):
    for arguments, nearest in (
            (["index", "x", "--methd", "smb"], "--method"), (["search", "--modalty", "CT"], "--modality"), (["serch", "x"], "search"),
            (["source", "tst", "x"], "test"), (["index", "x", "--method", "smbb"], "smb"), (["index", "x", "--password", "p"], "--password-file")):
        said = fileroom(*arguments, code=64)
        assert nearest in said.err and said.out == ""


def test_every_command_has_help_with_an_example(fileroom):
    for command in ("index", "status", "pause", "resume", "cancel", "errors", "search", "export", "confirm", "source test", "source suggest",
                    "source metrics", "share create", "share list", "share log", "doctor", "version"):
        text = fileroom(*command.split(), "--help").out
        assert f"fileroom {command}" in text and "xample" in text


def test_colour_is_for_terminals_only_and_not_under_no_color(indexed, tree):
    fileroom, _, result = indexed
    colour = re.compile(r"\x1b\[[0-9;]*m")
    assert colour.search(on_a_terminal(fileroom, "search"))
    assert not colour.search(on_a_terminal(fileroom, "search", NO_COLOR="1"))
    assert not colour.search(on_a_terminal(fileroom, "index", tree, "--full", NO_COLOR="1"))
    assert "\x1b" not in result.out + result.err + fileroom("search").out + fileroom("status").out


@pytest.mark.parametrize("given", ["environment", "file", "configuration"])
def test_a_password_is_nowhere_to_be_seen(given, fileroom, serve, tree, tmp_path):
    secret = "Pw" + secrets.token_hex(12)
    share = serve(tree, "--password", secret)
    options: list = []
    source = smb_source(share, bytes_per_second=65_536, max_workers=2)
    del source["password"]
    if given == "configuration":
        source["password"] = secret
    elif given == "file":
        (tmp_path / "secret").write_text(secret + "\n")
        (tmp_path / "secret").chmod(0o600)
        options = ["--password-file", tmp_path / "secret"]
    configure(fileroom, source)
    password = secret if given == "environment" else None
    running = fileroom.start("index", "nas", *options, "--json", password=password)
    until(processed(fileroom, running, 5), "some files are read")
    pids = [running.pid, *until(lambda: workers(running.pid), "there are workers")]
    for pid in pids:
        assert secret.encode() not in (content(pid, "cmdline") or b"")
    for pid in pids if given != "environment" else pids[1:]:
        environment = content(pid, "environ") or b""
        assert secret.encode() not in environment
        if home := re.search(rb"HOME=([^\0]+)", environment) if pid != running.pid else None:
            assert_not_in_files(secret, pathlib.Path(home.group(1).decode()))
    # Whoever runs the job is asked for the metrics, which takes no password.
    said = [fileroom("status", "--json").out, fileroom("source", "metrics", "nas").out]
    assert_not_in_files(secret, fileroom.data)
    fileroom("cancel")
    said += ended(running)
    configure(fileroom, {**source, "bytes_per_second": 0})
    for arguments in (["source", "test"], ["source", "suggest"]):
        result = fileroom(*arguments, "nas", *options, password=password, code=None)
        said += [result.out, result.err]
    if given != "environment":
        wrong = fileroom("index", share.url.replace(share.user + "@", "stranger@"), "--username", "stranger", *options, password=secret, code=77)
        said += [wrong.out, wrong.err]
    for command in (["status"], ["errors"], ["errors", "--json"], ["export"], ["doctor"]):
        result = fileroom(*command, code=None)
        said += [result.out, result.err]
    assert secret not in "".join(said)
    assert_not_in_files(secret, fileroom.data)


def assert_not_in_files(secret: str, folder: pathlib.Path):
    for path in folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
            assert secret.encode("utf-16-le") not in path.read_bytes(), path


def test_the_data_folder_is_for_its_owners_eyes_only(fileroom, serve, tree, tmp_path):
    share = serve(tree)
    fileroom.data = tmp_path / "made" / "on the way"
    configure(fileroom, smb_source(share, bytes_per_second=65_536, max_workers=2))
    # The write-ahead log, the socket and the lock are there while a job runs; whoever starts it may be careless.
    running = fileroom.start("index", "nas", umask=0)
    until(processed(fileroom, running, 5), "some files are read")
    names = {path.name for path in fileroom.data.iterdir()}
    assert {"catalogue.sqlite3", "catalogue.sqlite3-wal", "index_status.json", "control.sock", "lock"} <= names
    assert fileroom.data.stat().st_mode & 0o777 == 0o700 and fileroom.data.parent.stat().st_mode & 0o777 == 0o700
    for path in fileroom.data.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    fileroom("cancel")
    ended(running)
