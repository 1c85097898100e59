"""One header: benchmarks/parse.py has its own peers and alternates by itself."""

import re

from .peers import PYTHON
from .world import ROOT, World


def run(world: World) -> str:
    _, output = world.timed([PYTHON, ROOT / "benchmarks/parse.py"])
    text = output.read_text()
    # Its first line repeats date and machine.
    lines = text.splitlines()
    table = "\n".join(line for line in lines if line.startswith("|"))
    own = re.search(r"^\| Fileroom, from memory \|\s*([\d.]+)", text, re.MULTILINE)
    verdict = ""
    if own:
        verdict = f"\n\nAim: < 1 µs for a CT header: {float(own.group(1)):.2f} µs, {'met' if float(own.group(1)) < 1 else 'missed'}."
    return f"µs of processor time a file (how many times as long as ours), medians of 5 rounds (`benchmarks/parse.py`).\n\n{table}{verdict}"
