"""What a share's catalogue holds equals what pydicom finds in the same files: counts, groups and every attribute.

The identity rules (docs/architecture.md, "Identity"), as this file applies them:
- patient: PatientID and IssuerOfPatientID; without a PatientID each study is a patient of its own;
- study: StudyInstanceUID; without one patient, date, study ID and accession number;
- series: SeriesInstanceUID; without one study, modality, number, description and date, and the folder when neither number nor description is there;
- instance: SOPInstanceUID (also where only the file meta information has it); without one the file. A media directory is no instance.
A study or series shows, of each attribute, the value that most of its files carry and that is not empty; which of two equally frequent ones
is left open.
"""

from __future__ import annotations

import collections
import functools
import pathlib
import re

import pytest
from test_header_oracle import EXCEPTIONS, KEYWORDS, NOT_DICOM_NAMES, expected, name, read

from support import exported_files, files_of, search_all

PATIENT = "PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex".split()
STUDY = """StudyInstanceUID StudyID StudyDate StudyTime AccessionNumber StudyDescription ReferringPhysicianName InstitutionName""".split()
SERIES = """SeriesInstanceUID SeriesNumber SeriesDate SeriesTime Modality SeriesDescription ProtocolName BodyPartExamined Laterality
    Manufacturer ManufacturerModelName StationName""".split()
SHOWN_OF_SERIES = SERIES[:9]
INSTANCE = "SOPInstanceUID SOPClassUID InstanceNumber NumberOfFrames Rows Columns".split()
NUMBERS = {"SeriesNumber", "InstanceNumber", "NumberOfFrames", "Rows", "Columns"}
NAMES = {"PatientName", "ReferringPhysicianName"}
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"


def is_candidate(file: pathlib.Path) -> bool:
    """The documented default of `name_filter`."""
    suffix = file.name.rpartition(".")[2] if "." in file.name[1:] else ""
    return not file.name.startswith(".") and (suffix == "" or suffix.isdigit() or suffix.lower() in ("dcm", "dicom", "ima"))


def number(value: str | None) -> int | None:
    """An integer string's first number; what is none is not shown (an attribute of numbers is a number or null in JSON)."""
    first = (value or "").split("\\")[0].strip()
    return int(first) if re.fullmatch(r"[+-]?\d+", first) else None


@functools.cache
def attributes_of(path: pathlib.Path) -> dict[str, str | None] | None:
    """The wanted attributes as pydicom reads them; None for what is no instance."""
    try:
        dataset = read(path)
        values = {keyword: expected(dataset, keyword) for keyword in KEYWORDS}
    except Exception:  # whatever pydicom cannot read at all is not expected to be in the catalogue
        return None
    if dataset.file_meta.get("MediaStorageSOPClassUID") == MEDIA_DIRECTORY or path.name in NOT_DICOM_NAMES:
        return None
    # The prefix says that it is DICOM (PS3.10 §7.1), however little it holds; without it something must name an instance.
    with path.open("rb") as file:
        has_prefix = file.read(132)[128:] == b"DICM"
    if not has_prefix and not any(values[keyword] for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")):
        return None
    for (ending, keyword), right in EXCEPTIONS.items():
        if path.name.endswith(ending):
            values[keyword] = right
    # A control character has no place in a value (PS3.5 §6.1.3); it is shown as U+FFFD, so that it reaches neither a terminal nor a table.
    return {key: value and re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", "\ufffd", value) for key, value in values.items()}


def study_key(values: dict) -> object:
    return values["StudyInstanceUID"] or tuple(
        values[key] or "" for key in
        "PatientID IssuerOfPatientID PatientName PatientBirthDate StudyDate StudyID AccessionNumber".split())


def series_key(values: dict, folder: pathlib.Path) -> object:
    if values["SeriesInstanceUID"]:
        return values["SeriesInstanceUID"]
    tells_apart = values["SeriesNumber"] or values["SeriesDescription"]
    parts = [values[key] or "" for key in "Modality SeriesNumber SeriesDescription SeriesDate".split()]
    return tuple([*parts, study_key(values), None if tells_apart else folder])


class Group:
    """The files of a study or series, counted by their set of patient, study and series attributes."""

    def __init__(self):
        self.variants: collections.Counter = collections.Counter()
        self.files: list[pathlib.Path] = []

    def add(self, path: pathlib.Path, values: dict):
        self.files.append(path)
        # Sets differ also where only the series does: each series has its own.
        self.variants[tuple((key, values[key]) for key in [*PATIENT, *STUDY, *SERIES, "TimezoneOffsetFromUTC"])] += 1

    def allowed(self, keyword: str) -> set:
        """The values that may be shown."""
        files: collections.Counter = collections.Counter()
        for variant, count in self.variants.items():
            files[dict(variant)[keyword]] += count
        said = {value: count for value, count in files.items() if value} or files
        return {shown(keyword, value) for value, count in said.items() if count == max(said.values())}


def shown(keyword: str, value: str | None):
    if keyword in NUMBERS:
        return number(value)
    if keyword == "IssuerOfPatientID" or keyword == "PatientID":
        return value or ""  # parts of a key: absent and empty are the same
    if keyword in NAMES and value is not None:
        return name(value)
    return value


def ours(keyword: str, value):
    return name(value) if keyword in NAMES and value is not None else (value or "") if keyword in ("PatientID", "IssuerOfPatientID") else value


class Found:
    """What pydicom finds in a tree, grouped."""

    def __init__(self, tree: pathlib.Path):
        self.files = [path for path in files_of(tree) if is_candidate(path) and attributes_of(path)]
        self.series: dict[object, Group] = collections.defaultdict(Group)
        self.studies: dict[object, Group] = collections.defaultdict(Group)
        self.instances: dict[object, list[dict]] = collections.defaultdict(list)
        for path in self.files:
            values = attributes_of(path)
            self.series[series_key(values, path.parent)].add(path, values)
            self.studies[study_key(values)].add(path, values)
            self.instances[values["SOPInstanceUID"] or path].append(values)

    def patients(self) -> set:
        found = set()
        for key, study in self.studies.items():
            identified = {(v["PatientID"], v["IssuerOfPatientID"] or "") for v in map(dict, study.variants) if v["PatientID"]}
            # A study of two patients is shown under one of them and flagged; the counts below see to it that there is none in these files.
            found |= identified or {key}
        return found


@pytest.fixture(scope="module")
def found(sample) -> Found:
    return Found(sample)


@pytest.fixture
def catalogue(fileroom, serve, sample):
    share = serve(sample)
    result = fileroom("index", share.url, "--json", password=share.password).json
    return fileroom, result, share


def test_counts_and_every_attribute_of_a_share_equal_pydicoms(catalogue, found, sample):
    fileroom, result, share = catalogue
    print(result)
    everything = files_of(sample)
    assert result["enumerated_files"] == result["files_processed"] == len(everything)
    # Every path, once, and nothing else.
    root = f"smb://127.0.0.1:{share.port}/{share.name}/"
    assert exported_files(fileroom) == sorted(root + str(path.relative_to(sample)) for path in found.files)
    assert result["dicom_files"] == len(found.files)
    assert result["not_dicom"] == len(everything) - len(found.files)
    assert result["series_count"] == len(found.series)
    assert result["study_count"] == len(found.studies)
    assert result["patient_count"] == len(found.patients())
    assert result["errors"] == 0
    assert_series_equal(search_all(fileroom, "--level", "series", limit=37), found)
    assert_instances_equal(search_all(fileroom, "--level", "instance", limit=53), found)
    assert len(search_all(fileroom, "--level", "study", limit=19)) == len(found.studies)


def group_of(row: dict, found: Found) -> tuple[Group, Group]:
    """The series and study of a row; those without a UID are found by what stands in for it."""
    study = found.studies[row["StudyInstanceUID"]] if row["StudyInstanceUID"] else next(
        group for key, group in found.studies.items() if isinstance(key, tuple) and (row["StudyDate"] or "") in key and (row["PatientID"] or "") in key)
    if row["SeriesInstanceUID"]:
        return found.series[row["SeriesInstanceUID"]], study
    candidates = [
        group for key, group in found.series.items()
        if isinstance(key, tuple) and set(group.files) <= set(study.files) and all(
            row[keyword] in group.allowed(keyword) for keyword in ("Modality", "SeriesNumber", "SeriesDescription", "SeriesDate"))]
    return min(candidates, key=lambda group: len(group.files) != row["file_count"]), study


def differences(row: dict, found: Found) -> list[str]:
    series, study = group_of(row, found)
    problems = []
    for keywords, group in ((PATIENT + STUDY, study), (SHOWN_OF_SERIES, series)):
        for keyword in keywords:
            allowed = {ours(keyword, value) for value in group.allowed(keyword)}
            if ours(keyword, row[keyword]) not in allowed:
                problems.append(f"{series.files[0].name} {keyword}: pydicom {allowed}, ours {row[keyword]!r}")
    return problems


def assert_series_equal(rows: list[dict], found: Found):
    assert len(rows) == len(found.series)
    assert len({row["cursor"] for row in rows}) == len(rows)
    problems = [problem for row in rows for problem in differences(row, found)]
    for row in rows:
        series, study = group_of(row, found)
        if row["file_count"] != len(series.files):
            problems.append(f"{row['SeriesInstanceUID']}: {row['file_count']} files, pydicom {len(series.files)}")
        modalities = sorted({v["Modality"] for v in map(dict, study.variants) if v["Modality"]})
        if row["ModalitiesInStudy"] != modalities and not row["has_conflict"]:
            problems.append(f"{row['StudyInstanceUID']}: {row['ModalitiesInStudy']}, pydicom {modalities}")
    assert not problems, "\n".join(problems)


def assert_instances_equal(rows: list[dict], found: Found):
    assert len(rows) == len(found.instances)
    with_uid = {row["SOPInstanceUID"]: row for row in rows if row["SOPInstanceUID"]}
    problems = [problem for row in rows for problem in differences(row, found)]
    for uid, files in found.instances.items():
        if isinstance(uid, pathlib.Path):
            continue
        row = with_uid.get(uid)
        if row is None:
            problems.append(f"{uid} is not in the catalogue")
            continue
        for keyword in INSTANCE:
            # One SOPInstanceUID in files that differ: any of them may be shown, and the row says that there is a conflict.
            allowed = {shown(keyword, values[keyword]) for values in files}
            if row[keyword] not in allowed or (len(allowed) > 1 and not row["has_conflict"]):
                problems.append(f"{uid} {keyword}: pydicom {allowed}, ours {row[keyword]!r}, conflict {row['has_conflict']}")
        if row["file_count"] != len(files):
            problems.append(f"{uid}: {row['file_count']} files, pydicom {len(files)}")
    assert not problems, "\n".join(problems)


def test_a_study_shows_what_most_of_its_files_say_not_what_its_largest_series_says(fileroom, make_tree, tmp_path):
    tree, _ = make_tree("--files", 40, "--patients", 1, "--studies", 1, "--series", 5, folder=tmp_path / "tree")
    folders = sorted({path.parent for path in files_of(tree)})
    wrong, *right = folders
    for folder in right:  # eight files in the wrong one, six in each of the four others
        for path in files_of(folder)[6:]:
            path.unlink()
    for path in files_of(wrong):
        dataset = read(path)
        dataset.PatientName = "Mistaken^Name"
        dataset.save_as(path)
    fileroom("index", tree)
    (study,) = search_all(fileroom, "--level", "study")
    assert study["has_conflict"] is True and study["file_count"] == 32
    assert study["PatientName"] != "Mistaken^Name"
