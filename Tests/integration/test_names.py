"""Names of every kind, from the share or folder to search, export and the terminal."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import socket
import unicodedata

import pydicom
import pytest

from support import configure, ended, exported_files, files_of, on_a_terminal, query, search_all, smb_source

STRANGE = [
    "100%", "%41%2F%00", "a#b", "what?", "a b  c", " leading", "trailing ", "näh", "日本語", "Ünïcödé-😀", "a;b&c=d", "quote'\"", "back`tick$HOME",
    "[x]{y}(z)", "~tilde", "-dash", "--data", "comma,|pipe", "semi:colon", "a" * 200]
# What SMB has no characters for; a server shows such a name as a short stand-in.
INVALID_IN_SMB = [name for name in STRANGE if re.search(r'[<>:"/\\|?*]', name) or name[-1] in " ."]


@pytest.fixture(scope="module")
def file(make_tree) -> pathlib.Path:
    return files_of(make_tree("--files", 1)[0])[0]


@pytest.fixture
def tree(tmp_path, file):
    root = tmp_path / "tree"
    for name in STRANGE:
        (root / name).mkdir(parents=True)
        shutil.copy(file, root / name / name[:100])
        shutil.copy(file, root / name / (name[:100] + ".dcm"))
    return root


def below(paths: list[str], root: str) -> list[str]:
    return [path.removeprefix(root) for path in paths]


def test_strange_names_are_found_and_exported_as_they_are_from_a_folder(fileroom, tree):
    result = fileroom("index", tree, "--all-names", "--json").json
    assert result["errors"] == 0 and result["dicom_files"] == result["enumerated_files"] == 2 * len(STRANGE)
    assert exported_files(fileroom) == [str(path) for path in files_of(tree)]
    assert fileroom("index", tree, "--all-names", "--json").json["files_opened"] == 0


def test_strange_names_are_found_and_read_over_smb_and_those_it_cannot_express_by_their_stand_ins(fileroom, serve, tree):
    share = serve(tree)
    result = fileroom("index", share.url, "--all-names", "--json", password=share.password).json
    assert result["errors"] == 0 and result["dicom_files"] == result["enumerated_files"] == 2 * len(STRANGE)
    found = set(below(exported_files(fileroom), f"smb://127.0.0.1:{share.port}/{share.name}/"))
    plain = {str(path.relative_to(tree)) for path in files_of(tree) if path.parent.name not in INVALID_IN_SMB}
    assert plain <= found and len(found) == 2 * len(STRANGE)
    stand_ins = {path.split("/")[0] for path in found - plain}
    assert len(stand_ins) == len(INVALID_IN_SMB) and all("~" in name for name in stand_ins)
    assert fileroom("index", share.url, "--all-names", "--json", password=share.password).json["files_opened"] == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="needs ::1")
def test_a_server_is_reached_by_its_ipv6_address(fileroom, serve, tree):
    share = serve(tree, "--global", "interfaces = 127.0.0.1/8 ::1")
    # One place, however its address is written.
    url, same = (f"smb://{share.user}@[{address}]:{share.port}/{share.name}" for address in ("::1", "0:0:0:0:0:0:0:1"))
    result = fileroom("index", url, "--all-names", "--json", password=share.password).json
    assert result["errors"] == 0 and result["dicom_files"] == 2 * len(STRANGE)
    assert all(path.startswith(f"smb://[::1]:{share.port}/{share.name}/") for path in exported_files(fileroom))
    assert fileroom("index", same, "--all-names", "--json", password=share.password).json["files_opened"] == 0
    report = fileroom("source", "test", same, "--json", password=share.password).json
    assert report["is_path_readable"] is True and report["dialect"] == "3.1.1"
    fileroom("index", url, password="not this", code=77)
    configure(fileroom, smb_source(share, host="::1", encryption="required"))
    assert fileroom("index", "nas", "--full", "--json").json["errors"] == 0


@pytest.mark.parametrize("over_smb", [False, True])
def test_composed_and_decomposed_names_are_two(over_smb, fileroom, serve, tmp_path, file):
    tree = tmp_path / "tree"
    for form in ("NFC", "NFD"):
        folder = tree / unicodedata.normalize(form, "Müller")
        folder.mkdir(parents=True)
        shutil.copy(file, folder / unicodedata.normalize(form, "Åström.dcm"))
    share = serve(tree) if over_smb else None
    fileroom("index", share.url if share else tree, password=share.password if share else None)
    root = f"smb://127.0.0.1:{share.port}/{share.name}/" if share else f"{tree}/"
    assert sorted(below(exported_files(fileroom), root)) == [str(path.relative_to(tree)) for path in files_of(tree)]
    (row,) = search_all(fileroom, "--level", "instance")
    assert row["file_count"] == 2


@pytest.mark.parametrize("over_smb", [False, True])
def test_a_very_long_path_is_reached(over_smb, fileroom, serve, tmp_path, file):
    tree = tmp_path / "tree"
    tree.mkdir()
    content = file.read_bytes()
    deep = os.open(tree, os.O_RDONLY)
    parts = ["f" * 150] * 16
    for part in parts:
        os.mkdir(part, dir_fd=deep)
        deep, old = os.open(part, os.O_RDONLY, dir_fd=deep), deep
        os.close(old)
    for name in ("IM1", "IM2.dcm"):
        with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=deep), "wb") as opened:
            opened.write(content)
    os.close(deep)
    share = serve(tree) if over_smb else None
    result = fileroom("index", share.url if share else tree, "--json", password=share.password if share else None).json
    assert (result["errors"], result["dicom_files"]) == (0, 2)
    assert exported_files(fileroom)[0].endswith("/".join([*parts, "IM1"]))


def test_a_name_that_is_no_utf_8_is_read_and_shown_with_its_bytes(fileroom, tmp_path, file):
    tree = os.fsencode(tmp_path / "tree")
    os.makedirs(tree + b"/Caf\xe9")
    for name in (b"IM\xff1", b"IM2.dcm"):
        shutil.copy(file, tree + b"/Caf\xe9/" + name)
    result = fileroom("index", tmp_path / "tree", "--json").json
    assert (result["errors"], result["dicom_files"]) == (0, 2)
    assert below(exported_files(fileroom), f"{tmp_path}/tree/") == ["Caf\\xE9/IM2.dcm", "Caf\\xE9/IM\\xFF1"]
    assert fileroom("index", tmp_path / "tree", "--json").json["files_opened"] == 0
    os.unlink(tree + b"/Caf\xe9/IM\xff1")
    # Half of the files are held until a second scan agrees.
    for _ in range(2):
        fileroom("index", tmp_path / "tree", "--json")
    assert below(exported_files(fileroom), f"{tmp_path}/tree/") == ["Caf\\xE9/IM2.dcm"]


@pytest.mark.parametrize("over_smb", [False, True])
def test_fifos_sockets_and_links_are_not_read_and_loops_end(over_smb, fileroom, serve, tmp_path, file):
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    shutil.copy(file, tree / "a/b/IM1.dcm")
    os.mkfifo(tree / "a/fifo.dcm")
    os.mkfifo(tree / "a/fifo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(tree / "a/socket"))
    (tree / "a/b/up").symlink_to(tree / "a")
    (tree / "a/b/here").symlink_to(".")
    (tree / "a/self").symlink_to("self")
    (tree / "a/nowhere.dcm").symlink_to("/no/such/file")
    (tree / "a/outside").symlink_to("/etc")
    share = serve(tree) if over_smb else None
    source, password = (share.url, share.password) if share else (tree, None)
    result = fileroom("index", source, "--json", password=password, timeout=60).json
    listener.close()
    assert result["state"] == "completed" and result["dicom_files"] >= 1
    (row,) = search_all(fileroom, "--level", "instance")
    assert any(path.endswith("/a/b/IM1.dcm") for path in exported_files(fileroom))
    if not over_smb:
        assert row["file_count"] == 1 and result["errors"] == 0
    assert not [path for path in exported_files(fileroom) if "/etc" in path or "passwd" in path]


EVIL = "evil\x1b]0;owned\x07\x1b[31m\r\n\u202egnp.\x9b2J"


def test_names_and_values_cannot_command_the_terminal(fileroom, tmp_path, file):
    tree = tmp_path / "tree"
    (tree / EVIL).mkdir(parents=True)
    dataset = pydicom.dcmread(file)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Evil^\x1b[2J\u202eX\x9b31m"
    dataset.PatientID = "ID\x1b[31m"
    dataset.StudyDescription = "Study\x1b]0;owned\x07"
    dataset.save_as(tree / EVIL / "IM1")
    written = [on_a_terminal(fileroom, "index", tree, NO_COLOR="1")]
    for command in (["search"], ["search", "--level", "instance"], ["status"], ["errors"], ["doctor"]):
        written.append(on_a_terminal(fileroom, *command, NO_COLOR="1"))
    on_pipes = [fileroom(*command) for command in (["search"], ["search", "--level", "study"], ["status"], ["index", tree, "--full"])]
    # The bar goes back to the line's beginning and clears to its end; nothing else may command the terminal.
    for text in [*(re.sub(r"\r(\x1b\[K)?|\x1b\[K", "", text) for text in written), *(r.out + r.err for r in on_pipes)]:
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e]", text.replace("\r\n", "\n")), repr(text)
    # A name given by mistake comes back in a message, without its commands.
    wrong = fileroom("index", "no\x1b[31msuch", code=None)
    assert "\x1b" not in wrong.err
    unknown = fileroom("search", "--\x1b[31mx", code=64)
    assert "\x1b" not in unknown.err
    wrong_path = fileroom("index", "smb://127.0.0.1:1/x\x1b[31m", code=None)
    assert "\x1b" not in wrong_path.err + wrong_path.out
    # In JSON they are escaped, and there.
    raw = fileroom("export").out
    assert "\x1b" not in raw and json.loads(raw)[0]["files"] == [str(tree / EVIL / "IM1")]
    assert "\x1b" not in fileroom("search", "--json").out


def test_a_quarter_of_a_folder_of_fifos_hangs_nothing(fileroom, tmp_path, file):
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(40):
        if number % 4:
            shutil.copy(file, tree / f"IM{number:02}")
        else:
            os.mkfifo(tree / f"IM{number:02}")
    running = fileroom.start("index", tree, "--json")
    out, _ = ended(running, timeout=60)
    assert json.loads(out)["dicom_files"] == 30
    assert query(fileroom, "SELECT count(*) FROM file") == [(30,)]
