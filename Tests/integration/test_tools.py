"""The tools that the other tests and the benchmarks stand on."""

import hashlib
import pathlib
import subprocess

import pydicom

from conftest import expected_of


def digest(tree: pathlib.Path) -> str:
    total = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(tree)).encode() + path.read_bytes())
    return total.hexdigest()


def test_a_synthetic_tree_holds_what_it_says(make_tree):
    tree, counts = make_tree("--files", 301, "--patients", 19, "--studies", 2, "--series", 3)
    expected = expected_of(tree)
    assert counts["files"] == expected.files == len(expected.instances) == 301
    assert counts["series"] == len(expected.series) == 114
    assert counts["studies"] == len(expected.studies) == 38
    assert counts["patients"] == len(expected.patients) == 19
    assert counts["bytes"] == sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())


def test_a_synthetic_tree_depends_on_its_arguments_alone(make_tree):
    first, _ = make_tree("--files", 200, "--seed", 7)
    again, _ = make_tree("--files", 200, "--seed", 7, "--processes", 3)
    other, _ = make_tree("--files", 200, "--seed", 8)
    assert digest(first) == digest(again) != digest(other)


def test_a_flat_tree_is_one_folder_of_files_of_the_wanted_size(make_tree):
    tree, _ = make_tree("--files", 120, "--flat", "--size", 9000)
    assert len(list(tree.iterdir())) == 120
    assert {path.stat().st_size for path in tree.iterdir()} == {9000}


def test_synthetic_names_are_what_their_character_sets_say(make_tree):
    tree, _ = make_tree("--files", 160, "--patients", 160, "--studies", 1, "--series", 1)
    names = {str(pydicom.dcmread(path).PatientName) for path in tree.rglob("IM*")}
    assert {"Yamada^Tarou=山田^太郎=やまだ^たろう", "Hong^Gildong=洪^吉洞=홍^길동", "Müller^Jörg", "Doe^John"} <= names
    assert not any("\ufffd" in name or "\x1b" in name for name in names)


def test_a_served_tree_is_seen_by_another_client(make_tree, serve):
    tree, _ = make_tree("--files", 20)
    share = serve(tree)
    listed = subprocess.run(
        ["smbclient", "-p", str(share.port), "-U", f"{share.user}%{share.password}", f"//127.0.0.1/{share.name}", "-c", "recurse;ls"],
        check=True, capture_output=True, text=True)
    assert listed.stdout.count("IM0") == 20
