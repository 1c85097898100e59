"""What the command line leaves in the audit trail when it works on a data folder itself, alone or beside a job."""

from __future__ import annotations

import json
import signal

import pytest

from support import configure, ended, processed, smb_source, status_file, until

FILES = 300


@pytest.fixture(scope="module")
def tree(make_tree):
    return make_tree("--files", FILES, "--patients", 4)[0]


def trail(fileroom, *actions: str) -> list[tuple]:
    """(action, object, detail) of the rows of these actions, oldest first."""
    rows = [json.loads(line) for line in fileroom("audit", "export").out.splitlines()]
    assert all(row["actor"] == "local" and row["outcome"] == "ok" for row in rows)
    return [(row["action"], row["object"], row["detail"]) for row in rows if row["action"] in actions]


def test_a_search_and_an_export_are_kept_whoever_owns_the_data_folder(fileroom, tree, serve):
    configure(fileroom, smb_source(serve(tree), bytes_per_second=262_144))
    running = fileroom.start("index", "nas", "--json")
    until(processed(fileroom, running, 20), "files are processed")
    beside = fileroom("search", "--json", "--limit", 1, "--modality", "CT,MR").json
    fileroom("export", "--format", "csv")
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    ended(running, code=130)
    alone = fileroom("search", "--json", "--limit", 1, "--level", "study").json
    fileroom("export", "--output", fileroom.working_folder / "all.json")
    assert len(beside) == len(alone) == 1
    assert trail(fileroom, "search", "catalogue.export") == [
        ("search", None, "level=series&modality=CT,MR&order=date"), ("catalogue.export", None, "format=csv"),
        ("search", None, "level=study&order=date"), ("catalogue.export", None, "format=json")]


def test_the_pages_of_a_long_search_are_one_search(fileroom, make_tree):
    fileroom("index", make_tree("--files", 1_300, "--series", 1_300)[0])
    assert len(fileroom("search", "--json", "--limit", 1_200).json) == 1_200
    assert len(trail(fileroom, "search")) == 1


def test_signals_to_a_job_are_kept(fileroom, tree, serve):
    configure(fileroom, smb_source(serve(tree), bytes_per_second=262_144))
    running = fileroom.start("index", "nas", "--json")
    state = lambda: (status_file(fileroom) or {"jobs": [{"state": None}]})["jobs"][0]["state"]  # noqa: E731
    until(processed(fileroom, running, 20), "files are processed")
    running.send_signal(signal.SIGUSR1)
    until(lambda: state() == "paused", "paused")
    running.send_signal(signal.SIGUSR1)
    until(lambda: state() == "running", "resumed")
    running.send_signal(signal.SIGINT)
    ended(running, code=130)
    again = fileroom.start("resume", "--json")
    until(processed(fileroom, again, 1), "it goes on")
    again.send_signal(signal.SIGUSR2)
    ended(again, code=None)
    assert trail(fileroom, "index.pause", "index.resume", "index.cancel") == [
        ("index.pause", "job 1", "SIGUSR1"), ("index.resume", "job 1", "SIGUSR1"), ("index.pause", "job 1", "SIGINT"),
        ("index.cancel", "job 1", "SIGUSR2")]
