#!/usr/bin/env python3
"""How long one header takes, against pydicom, gdcmscanner and dcmdump on the same files in the same run.

usage: parse.py [FOLDER]...

Without a folder: copies of pydicom's CT_small.dcm, and of ../shared/data the GE and Siemens slices when it is there. Needs pydicom (PyPI),
gdcmscanner (libgdcm-tools), dcmdump (dcmtk), and builds our part. Figures are processor time a file, user and system, medians of five rounds in
which the programs alternate; a program's start is subtracted by running it on one file as well.
"""

import io
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import pydicom
from pydicom.data import get_testdata_file

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUNDS = 5
KEYWORDS = (
    "SpecificCharacterSet TimezoneOffsetFromUTC PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex StudyInstanceUID StudyID "
    "StudyDate StudyTime AccessionNumber StudyDescription ReferringPhysicianName InstitutionName SeriesInstanceUID SeriesNumber SeriesDate "
    "SeriesTime Modality SeriesDescription ProtocolName BodyPartExamined Laterality Manufacturer ManufacturerModelName StationName SOPClassUID "
    "SOPInstanceUID InstanceNumber NumberOfFrames Rows Columns"
).split()
TAGS = [pydicom.tag.Tag(keyword) for keyword in KEYWORDS]


def processor() -> str:
    """The machine's processor, as Linux names it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def children_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def program_time(arguments: list[str]) -> float:
    start = children_time()
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return children_time() - start


def gdcmscanner(folder: pathlib.Path) -> list[str]:
    options = [option for tag in TAGS for option in ("-t", f"{tag.group:x},{tag.element:x}")]
    return ["gdcmscanner", "-d", str(folder), *options]


def dcmdump(files: list[pathlib.Path]) -> list[str]:
    options = [option for tag in TAGS for option in ("+P", f"{tag.group:04x},{tag.element:04x}")]
    return ["dcmdump", "-q", "-M", *options, *map(str, files)]


def pydicom_time(files: list[bytes]) -> float:
    # Values are converted when asked for, and ours when they are kept; so ask.
    start = time.process_time()
    for content in files:
        dataset = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=KEYWORDS)
        for keyword in KEYWORDS:
            dataset.get(keyword)
    return time.process_time() - start


def ours(binary: pathlib.Path, files: list[pathlib.Path]) -> dict[str, float]:
    repetitions = max(20, 100_000 // len(files))
    result = subprocess.run(
        [binary, "1", str(repetitions), "-"], input="\n".join(map(str, files)), capture_output=True, text=True, check=True
    )
    return {key: float(value) for key, value in (field.split("=") for field in result.stdout.split())}


def measure(binary: pathlib.Path, folder: pathlib.Path) -> dict[str, float]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    contents = [path.read_bytes() for path in files]
    with tempfile.TemporaryDirectory() as temporary:
        single = pathlib.Path(temporary)
        shutil.copy(files[0], single)
        more = len(files) - 1
        rounds: dict[str, list[float]] = {}

        def note(name: str, seconds: float) -> None:
            rounds.setdefault(name, []).append(seconds * 1e6)

        for _ in range(ROUNDS):
            own = ours(binary, files)
            note("Fileroom, from memory", own["parse_ns"] / 1e9)
            note("copying the bytes that it looks at (floor)", own["copy_ns"] / 1e9)
            note("Fileroom, open + read + parse + close", own["file_ns"] / 1e9)
            note("gdcmscanner", (program_time(gdcmscanner(folder)) - program_time(gdcmscanner(single))) / more)
            note("dcmdump -M +P", (program_time(dcmdump(files)) - program_time(dcmdump(files[:1]))) / more)
            note("pydicom, from memory", pydicom_time(contents) / len(contents))
    return {name: statistics.median(times) for name, times in rounds.items()}


def main() -> None:
    warnings.simplefilter("ignore")
    subprocess.run(["swift", "build", "-c", "release", "--product", "benchmark-parse"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    shown = subprocess.run(["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, capture_output=True, text=True, check=True)
    binary = pathlib.Path(shown.stdout.strip()) / "benchmark-parse"
    with tempfile.TemporaryDirectory() as temporary:
        sets: dict[str, pathlib.Path] = {}
        if len(sys.argv) > 1:
            sets = {pathlib.Path(folder).name: pathlib.Path(folder) for folder in sys.argv[1:]}
        else:
            shared = ROOT.parent / "shared" / "data" / "dcm_qa_nih"
            sources = {"CT_small.dcm": [pathlib.Path(get_testdata_file("CT_small.dcm"))] * 500}
            for study in ("20180918GE", "20180918Si"):
                if (shared / study).is_dir():
                    sources[f"MR {study}"] = sorted((shared / study).rglob("*.dcm"))[:500]
            for title, files in sources.items():
                sets[title] = pathlib.Path(temporary) / title
                sets[title].mkdir()
                for index, file in enumerate(files):
                    shutil.copy(file, sets[title] / f"{index:04d}.dcm")
        results = {title: measure(binary, folder) for title, folder in sets.items()}
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}, `benchmarks/parse.py`: µs of processor time a file, medians of {ROUNDS}\n")
    print("| | " + " | ".join(results) + " |")
    print("|---|" + "---:|" * len(results))
    for name in next(iter(results.values())):
        base = "Fileroom, from memory" if "memory" in name or "floor" in name else "Fileroom, open + read + parse + close"
        cells = (f"{result[name]:.2f} ({result[name] / result[base]:.1f} ×)" for result in results.values())
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
