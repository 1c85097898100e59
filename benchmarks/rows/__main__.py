"""Runs the rows that were asked for and writes what they found."""

import argparse
import datetime
import importlib
import os
import pathlib
import platform
import shlex
import signal
import sys
import time
import traceback

from .world import ROOT, World

# Option name: module, heading.
ROWS = {
    "parse": "One header, from memory",
    "local": "Index of a local tree",
    "enumerate": "Enumeration of an SMB share",
    "index": "Index of an SMB share",
    "visible": "Time until series can be found",
    "rescan": "Rescan, nothing changed",
    "search": "Search while typing",
    "serve": "The server under load",
    "share": "A series as an archive",
    "memory": "Memory while indexing",
}


def numbers(text: str, kind: type) -> list:
    return [kind(part) for part in text.split(",")]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Measures Fileroom against its peers, alternating, in one run.")
    parser.add_argument("--rows", default=",".join(ROWS), help="which of: " + ",".join(ROWS))
    parser.add_argument("--files", type=int, default=100_000, metavar="N", help="files of the tree; default 100000")
    parser.add_argument("--subset", type=int, default=2_000, metavar="N", help="files for peers that are too slow for the tree; default 2000")
    parser.add_argument("--delays", type=lambda text: numbers(text, float), default=[0, 0.5, 2], metavar="MS,...", help="round trips; default 0,0.5,2")
    parser.add_argument("--workers", type=lambda text: numbers(text, int), default=[8, 16, 32], metavar="N,...", help="default 8,16,32")
    parser.add_argument("--runs", type=int, default=5, help="of everything; medians are shown; default 5")
    parser.add_argument("--encryption", choices=["off", "required"], default="off", help="of every SMB connection, ours and the peers'")
    parser.add_argument("--series", type=int, default=1_000_000, help="of the catalogue that is searched; default 1000000")
    parser.add_argument("--share-megabytes", type=int, default=1_024, metavar="MIB", help="of the series that is shared; default 1024")
    parser.add_argument("--memory-files", type=int, metavar="N", help="index a tree of N files for the row memory; default: the tree of --files")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR", help="where trees and catalogues are made; default: a new temporary folder")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="default: benchmarks/results/ and the date")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / ".build/release", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rows = options.rows.split(",")
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error(f"unknown rows {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if min(options.files, options.subset, options.runs, options.series, *options.workers) < 1 or min(options.delays) < 0:
        parser.error("numbers must be positive")
    options.subset = min(options.subset, options.files)
    return options


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def command_shown() -> str:
    """The command without what only concerns this machine."""
    shown, skips = ["benchmarks/run"], False
    for argument in sys.argv[1:]:
        if skips:
            skips = False
        elif argument.split("=")[0] in ("--output", "--work", "--bin"):
            skips = "=" not in argument
        else:
            shown.append(argument)
    return shlex.join(shown)


def heading(options: argparse.Namespace) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    one, five, _ = os.getloadavg()
    protection = "signed, not encrypted" if options.encryption == "off" else "SMB 3.1.1 encryption"
    return "\n".join([
        f"# Benchmarks, {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}",
        "",
        "```", command_shown(), "```",
        "",
        f"{processor()}, {os.cpu_count()} virtual cores, {memory} GB, {platform.system()} {platform.release().split('-')[0]}; load at the start {one:.1f}"
        f" (1 min), {five:.1f} (5 min). Client, server and delay proxy share the cores. {options.files:,} files; {protection}, for ours and the"
        " peers alike; everything in the page cache. Contenders alternate; medians of"
        f" {options.runs} run{'s' if options.runs > 1 else ''}, with the range in brackets; ratios are medians of the ratios within a round.",
        "",
    ])


def main() -> int:
    options = arguments()
    output = options.output or ROOT / "benchmarks/results" / f"{datetime.date.today():%Y-%m-%d}.md"
    text = heading(options)
    failed = False
    # So that what was started is stopped and what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with World(options) as world:
        for row in options.rows:
            print(f"benchmark: {row}", file=sys.stderr, flush=True)
            start = time.monotonic()
            try:
                found = importlib.import_module(f".{row}", __package__).run(world)
            except Exception:  # The other rows are worth having.
                traceback.print_exc()
                found, failed = "This row failed.", True
            part = f"## {ROWS[row]}\n\n{found.strip()}\n"
            print(f"\n{part}", flush=True)
            print(f"benchmark: {row} took {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
            text += f"\n{part}"
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(text, encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
