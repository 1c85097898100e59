"""Searches while someone types, in a catalogue of invented patients."""

import re
import shutil

from .peers import PYTHON
from .world import ROOT, World

ORTHANC_SERIES = 20_000


def run(world: World) -> str:
    catalogue = world.folder / "synthetic.sqlite3"
    made, _ = world.timed([world.options.bin / "synthetic-catalogue", catalogue, world.options.series, 1])
    _, output = world.timed([world.options.bin / "benchmark-search", catalogue, world.options.runs])
    found = output.read_text().strip()
    total = re.search(r"^\| \*\*everything typed\*\* \|(.*)\|$", found, re.MULTILINE)
    verdict = ""
    if total:
        p99 = float(total.group(1).split("|")[3])
        limit = 10 if world.options.series <= 1_000_000 else 50
        verdict = f"\n\nAim: p99 < {limit} ms: {p99:.2f} ms, {'met' if p99 < limit else 'missed'}."
    return f"The catalogue was made in {made:.0f} s.\n\n{found}{verdict}\n\n{orthanc(world)}"


def orthanc(world: World) -> str:
    if not shutil.which("Orthanc"):
        return "Orthanc is not installed here: `benchmarks/results/search.md` has a comparison."
    catalogue = world.folder / "orthanc.sqlite3"
    world.timed([world.options.bin / "synthetic-catalogue", catalogue, ORTHANC_SERIES, 1])
    _, output = world.timed([PYTHON, ROOT / "benchmarks/search/orthanc.py", catalogue])
    return f"Orthanc `tools/find`, {ORTHANC_SERIES:,} series:\n\n{output.read_text().strip()}"
