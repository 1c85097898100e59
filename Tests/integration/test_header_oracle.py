"""The wanted attributes of every file equal pydicom's, except where a comment here says why ours is right.

Needs `header-dump` among the programs; see conftest.py.
"""

import io
import json
import os
import pathlib
import subprocess
import warnings
import zlib
from collections.abc import Callable

import pydicom
import pytest
from pydicom.data import get_charset_files, get_testdata_files
from pydicom.datadict import tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import PersonName

ROOT = pathlib.Path(__file__).resolve().parents[2]

Dump = Callable[..., list[dict]]

KEYWORDS = """
    TransferSyntaxUID SpecificCharacterSet TimezoneOffsetFromUTC
    PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex
    StudyInstanceUID StudyID StudyDate StudyTime AccessionNumber StudyDescription ReferringPhysicianName InstitutionName
    SeriesInstanceUID SeriesNumber SeriesDate SeriesTime Modality SeriesDescription ProtocolName BodyPartExamined
    Laterality Manufacturer ManufacturerModelName StationName
    SOPClassUID SOPInstanceUID InstanceNumber NumberOfFrames Rows Columns
""".split()

# Where pydicom is not followed: (end of the file's name, keyword) -> what is right.
EXCEPTIONS: dict[tuple[str, str], str] = {
    # pydicom writes Chinese text of ISO-IR 58 without the escape sequence, and then reads it as Latin-1. The set is declared, and nothing else
    # could be meant; we read what was written.
    ("ISO_2022_IR_58", "PatientName"): "Zhang^XiaoDong=张^小东",
    ("ISO_2022_IR_58", "ReferringPhysicianName"): "Zhang^XiaoDong=张^小东",
}


@pytest.fixture
def dump(programs: pathlib.Path) -> Dump:
    """Runs header-dump on files and gives its lines as dictionaries."""

    def run(paths: list[str], first_read: int = 8192) -> list[dict]:
        command = [programs / "header-dump", "--first-read", str(first_read)]
        result = subprocess.run(command, input="\n".join(paths) + "\n", capture_output=True, text=True, check=True)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["path"] for line in lines] == paths
        return lines

    return run


def trimmed(text: str) -> str:
    # Spaces around a value are not significant in any of these attributes (PS3.5 §6.2), and zeros pad UIDs. pydicom keeps the leading ones.
    return text.strip(" \0")


def text(value: object) -> str:
    """A value as we give it: several are joined by a backslash."""
    if value is None:
        return ""
    if isinstance(value, (list, MultiValue)):
        return "\\".join(text(each) for each in value)
    if isinstance(value, PersonName):
        return name(str(value))
    if hasattr(value, "original_string"):
        return trimmed(str(value.original_string))
    return trimmed(str(value))


def name(value: str) -> str:
    # We keep empty component groups at the end as they are in the file; pydicom drops them. They mean the same (PS3.5 §6.2.1.1).
    return "\\".join(trimmed(each).rstrip("=") for each in value.split("\\"))


def expected(dataset: pydicom.Dataset, keyword: str) -> str | None:
    source = dataset.file_meta if keyword == "TransferSyntaxUID" else dataset
    element = source.get(tag_for_keyword(keyword)) if source is not None else None
    found = None if element is None else text(element.value)
    # A UID that only the file meta information has (PS3.10 §7.1 makes it repeat both) identifies the instance no less. pydicom does
    # not look there by itself.
    fallback = {"SOPClassUID": "MediaStorageSOPClassUID", "SOPInstanceUID": "MediaStorageSOPInstanceUID"}.get(keyword)
    if not found and fallback and fallback in dataset.file_meta:
        return text(dataset.file_meta[fallback].value) or found
    return found


def read(source: object) -> pydicom.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(source, force=True, stop_before_pixels=True)


def differences(path: str, line: dict) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = read(path)
        found = []
        for keyword in KEYWORDS:
            want = expected(dataset, keyword)
            have = line["attributes"].get(keyword)
            if have is not None and keyword in ("PatientName", "ReferringPhysicianName"):
                have = name(have)
            for (ending, of), right in EXCEPTIONS.items():
                if path.endswith(ending) and of == keyword:
                    want = right
            if want != have:
                found.append(f"{path} {keyword}: pydicom {want!r}, ours {have!r}")
        return found


def real_files() -> list[str]:
    paths = set(get_testdata_files()) | set(get_charset_files())
    shared = ROOT.parent / "shared" / "data"
    if shared.is_dir():
        paths |= {str(path) for path in shared.rglob("*") if path.is_file()}
    for folder in filter(None, os.environ.get("FILEROOM_TEST_DICOM", "").split(":")):
        paths |= {str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file()}
    return sorted(path for path in paths if os.path.isfile(path))


# What pydicom ships and is no instance, besides files with these endings.
NOT_DICOM_SUFFIXES = {".txt", ".json", ".gz", ".zip", ".icc", ".dump", ".md", ".py", ".pyc"}
NOT_DICOM_NAMES = {
    "README",
    "LICENSE",
    # A data set whose first byte is missing from what it should be, so that each tag and length is one byte off.
    "no_meta.dcm",
    # File meta information and a private sequence: nothing that a composite instance has.
    "meta_missing_tsyntax.dcm",
}


@pytest.mark.parametrize("first_read", [8192, 200])
def test_every_real_file_reads_as_in_pydicom(dump: Dump, first_read: int) -> None:
    paths = real_files()
    assert len(paths) > 150
    problems = []
    counts = {"instance": 0, "directory": 0, "notDICOM": 0}
    for path, line in zip(paths, dump(paths, first_read), strict=True):
        file = pathlib.Path(path)
        counts[line["outcome"]] += 1
        if line["outcome"] == "instance":
            problems += differences(path, line)
        elif line["outcome"] == "directory":
            if read(path).file_meta.get("MediaStorageSOPClassUID") != "1.2.840.10008.1.3.10":
                problems.append(f"{path}: taken for a directory")
        elif file.suffix not in NOT_DICOM_SUFFIXES and file.name not in NOT_DICOM_NAMES:
            problems.append(f"{path}: not recognised: {line['reason']}")
    print(counts)
    assert not problems, "\n".join(problems)
    assert counts["instance"] > 130


# MARK: Synthetic files


def base(transfer_syntax: str = ExplicitVRLittleEndian, character_set: object = "ISO_IR 192") -> pydicom.Dataset:
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3.4.5"
    dataset.SpecificCharacterSet = character_set
    dataset.TimezoneOffsetFromUTC = "+0100"
    dataset.PatientName = "Doe^Jane"
    dataset.PatientID = "ID7"
    dataset.IssuerOfPatientID = "Issuer"
    dataset.PatientBirthDate = "19700101"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.StudyID = "S1"
    dataset.StudyDate = "20240102"
    dataset.StudyTime = "101112.123"
    dataset.AccessionNumber = "A1"
    dataset.StudyDescription = "Chest"
    dataset.ReferringPhysicianName = "Ref^Er"
    dataset.InstitutionName = "Hospital"
    dataset.SeriesInstanceUID = "1.2.3.4"
    dataset.SeriesNumber = 3
    dataset.SeriesDate = "20240102"
    dataset.SeriesTime = "1011"
    dataset.Modality = "CT"
    dataset.SeriesDescription = "Thin"
    dataset.ProtocolName = "P"
    dataset.BodyPartExamined = "CHEST"
    dataset.Laterality = "L"
    dataset.Manufacturer = "ACME"
    dataset.ManufacturerModelName = "One"
    dataset.StationName = "ST1"
    dataset.InstanceNumber = 7
    dataset.NumberOfFrames = 2
    dataset.Rows = 512
    dataset.Columns = 256
    return dataset


def write(dataset: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def sequence(depth: int, undefined: bool) -> pydicom.Sequence:
    item = pydicom.Dataset()
    item.PatientID = "inner"
    item.add_new(0x00091001, "UN", b"abcd")
    if depth > 0:
        item.ReferencedStudySequence = sequence(depth - 1, undefined)
        item["ReferencedStudySequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    return pydicom.Sequence([item, item])


def synthetic() -> dict[str, bytes]:
    files = {}
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian):
        files[f"plain-{syntax.name}"] = write(base(syntax))
        for undefined in (False, True):
            nested = base(syntax)
            nested.ReferencedStudySequence = sequence(5, undefined)
            nested["ReferencedStudySequence"].is_undefined_length = undefined
            files[f"nested-{undefined}-{syntax.name}"] = write(nested)
        private = base(syntax)
        block = private.private_block(0x0019, "ACME 1.0", create=True)
        block.add_new(1, "OB", bytes(100_000))
        block.add_new(2, "FD", [1.5, 2.5])
        block.add_new(3, "UT", "x" * 70_000)
        files[f"private-{syntax.name}"] = write(private)
        several = base(syntax)
        several.PatientID = "A\\B"
        several.StudyDescription = " padded \\ each "
        several.Manufacturer = ""
        files[f"several-{syntax.name}"] = write(several)
    files |= of_character_sets() | malformed()
    return files


def of_character_sets() -> dict[str, bytes]:
    names = {
        "ISO_IR 100": "Buc^Jérôme", "ISO_IR 101": "Wałęsa^Łódź", "ISO_IR 109": "Ĥĉ^ŭ", "ISO_IR 110": "ĸļ^ŋ", "ISO_IR 126": "Διονυσιος",
        "ISO_IR 127": "قباني^لنزار", "ISO_IR 138": "שרון^דבורה", "ISO_IR 144": "Люкceмбypг", "ISO_IR 148": "Çavuşoğlu^İ", "ISO_IR 166": "กา^ขา",
        "ISO_IR 13": "ﾔﾏﾀﾞ^ﾀﾛｳ", "ISO_IR 192": "王^小東=山田^太郎=홍^길동", "GB18030": "王^小东=㐀𠀀^Ω", "GBK": "王^小东=朱^镕基",
    }
    extended = {
        "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        "\\ISO 2022 IR 159": "A=丂丄^B",
        "\\ISO 2022 IR 149": "Hong^Gildong=洪^吉洞=홍^길동",
        "\\ISO 2022 IR 58": "Zhang^XiaoDong=张^小东",
        "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126": "Jérôme^Люк^Διον",
    }
    files = {}
    for terms, value in (names | extended).items():
        dataset = base(character_set=terms.split("\\"))
        dataset.PatientName = value
        dataset.ReferringPhysicianName = value
        dataset.StudyDescription = value.split("^")[0]
        files[f"characters-{terms.replace(chr(92), '+')}"] = write(dataset)
    return files


def malformed() -> dict[str, bytes]:
    plain = write(base())
    files = {
        "no-preamble": plain[132:],
        "no-meta-explicit": plain[plain.index(b"\x08\x00\x05\x00CS") :],
        "trailing-garbage": plain + b"\x01" * 50,
        "wrong-group-length": plain[:140] + b"\xff\x7f\x00\x00" + plain[144:],
    }
    implicit = write(base(ImplicitVRLittleEndian))
    files["no-meta-implicit"] = implicit[implicit.index(b"\x08\x00\x05\x00\x0a") :]
    files["lies-implicit"] = plain.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0")
    files["lies-explicit"] = implicit.replace(b"UI\x12\x001.2.840.10008.1.2\0", b"UI\x14\x001.2.840.10008.1.2.1\0")
    unknown = base()
    unknown.add_new(0x00100040, "UN", b"F ")
    files["unknown-representation"] = write(unknown)
    for cut in range(132 + 200, len(plain), 37):
        files[f"cut-{cut}"] = plain[:cut]
    return files


def test_every_synthetic_file_reads_as_in_pydicom(dump: Dump, tmp_path: pathlib.Path) -> None:
    paths = []
    for index, (title, content) in enumerate(synthetic().items()):
        path = tmp_path / f"{index:03d}-{title.replace(' ', '_').replace('/', '_')}"
        path.write_bytes(content)
        paths.append(str(path))
    problems = []
    for path, line in zip(paths, dump(paths), strict=True):
        if line["outcome"] != "instance":
            problems.append(f"{path}: {line}")
            continue
        found = differences(path, line)
        if "-cut-" in path and found:
            # pydicom gives the part of a value that is left before the end of the file. We leave such a value out, for a part of a UID is another
            # UID, and take SOP UIDs from the file meta information. So one attribute may differ, and the file is said to be cut.
            assert "the file ends inside its header" in line["deviations"]
            assert len(found) == 1
            assert found[0].endswith("ours None") or " SOP" in found[0]
            found = []
        problems += found
    assert not problems, "\n".join(problems)


def test_one_byte_of_japanese_or_chinese_text_is_no_delimiter(dump: Dump, tmp_path: pathlib.Path) -> None:
    # pydicom divides names and values before it decodes them, so that it breaks these in two. PS3.5 §6.1.2.5.3 puts delimiters among
    # characters, not bytes.
    cases = {
        "GB18030": ("乗^乛", "gb18030"),
        "GBK": ("乗^乛", "gbk"),
        "\\ISO 2022 IR 87": ("A=渦^\u7956", "iso2022_jp"),
    }
    for index, (terms, (value, codec)) in enumerate(cases.items()):
        placeholder, encoded = b"Doe^Jane", value.encode(codec)
        content = write(base(character_set="ISO_IR 100"))
        for old, new in ((placeholder, encoded), (b"ISO_IR 100", terms.encode())):
            new += b" " * (len(new) % 2)
            content = content.replace(len(old).to_bytes(2, "little") + old, len(new).to_bytes(2, "little") + new)
        path = tmp_path / f"{index}"
        path.write_bytes(content)
        line = dump([str(path)])[0]
        assert line["attributes"]["PatientName"] == value


def test_latin_9_is_known(dump: Dump, tmp_path: pathlib.Path) -> None:
    # ISO_IR 203 came with the 2023 edition; pydicom 3.0 takes it for Latin-1.
    content = write(base(character_set="ISO_IR 100")).replace(b"ISO_IR 100", b"ISO_IR 203").replace(b"Doe^Jane", b"Doe^\xa4\xbc\xbd\xbe")
    path = tmp_path / "latin9"
    path.write_bytes(content)
    assert dump([str(path)])[0]["attributes"]["PatientName"] == "Doe^€ŒœŸ"


def test_deflate_with_zlibs_header_is_read(dump: Dump, tmp_path: pathlib.Path) -> None:
    # Some writers keep the header that PS3.5 §A.5 leaves out; pydicom fails on it.
    plain = write(base())
    start = plain.index(b"\x08\x00\x05\x00CS")
    meta = write(base(DeflatedExplicitVRLittleEndian))
    end = meta.index(b"1.2.840.10008.1.2.1.99") + 22
    length = int.from_bytes(meta[140:144], "little")
    path = tmp_path / "wrapped"
    path.write_bytes(meta[: 144 + length] + zlib.compress(plain[start:]))
    assert end <= 144 + length
    line = dump([str(path)])[0]
    assert line["attributes"]["PatientName"] == "Doe^Jane"
    assert line["attributes"]["Columns"] == "256"
