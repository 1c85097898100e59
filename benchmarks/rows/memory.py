"""How much memory an index takes while it is made: the program's own and its workers'."""

import contextlib
import os
import pathlib
import statistics
import subprocess
import time

from .compare import ContenderFailed
from .world import World

MEGABYTE = 1 << 20
# A run that was looked at less often says little about its peak.
FEWEST_LOOKS = 20


def run(world: World) -> str:
    files = world.options.memory_files or world.options.files
    share = f"tree-{files}" if world.options.memory_files else "tree"
    runs = 1 if world.options.memory_files else world.options.runs
    lines = ["| | fileroom | its workers | together | together, shared pages once |", "|---|---:|---:|---:|---:|"]
    configuration = world.configuration(world.server()["port"], share)
    cases: list[tuple[str, list]] = [("local folder", [world.tree(files)])]
    cases += [(f"SMB, {count} workers", ["benchmark", configuration, count]) for count in world.options.workers]
    shown: dict[str, float] = {}
    for title, (source, *more) in cases:
        peaks, seen = [], 1 << 30
        for _ in range(runs):
            with world.catalogue() as data:
                *peak, looks = watch(world, [str(part) for part in world.index_command(source, data, *more)])
                peaks.append(peak)
                seen = min(seen, looks)
        medians = [statistics.median(column) / MEGABYTE for column in zip(*peaks)]
        if seen >= FEWEST_LOOKS:
            shown[title] = medians[3]
        lines.append(f"| {title} | " + " | ".join(f"{value:.0f} MB" for value in medians) + " |")
    verdict = "The aim (< 150 MB resident while indexing 1 million files) is not judged at so few files: `--memory-files 1000000` does."
    if files >= 1_000_000:
        verdict = "Aim: < 150 MB resident, shared pages once: " + "; ".join(
            f"{title} {value:.0f} MB, {'met' if value < 150 else 'missed'}" for title, value in shown.items()) + "."
    return (
        f"{files:,} files, no delay. Peaks of resident memory (RSS): of the program as the kernel counts it, of the workers and of all together as seen every"
        f" 50 ms; the last column divides shared pages among those who share them (PSS).\n\n" + "\n".join(lines) + f"\n\n{verdict}")


def children(pid: int) -> list[int]:
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError, ValueError):
            found += map(int, (task / "children").read_text().split())
    return found


def kilobytes(pid: int, file: str, key: str) -> int:
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def watch(world: World, command: list[str]) -> tuple[int, int, int, int, int]:
    """Peaks in bytes: the program, its workers, together, together with shared pages counted once; and how often it was looked at."""
    environment = {**os.environ, "FILEROOM_SMB_PASSWORD": world.password}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    own = workers = together = proportional = 0
    rounds = 0
    while process.poll() is None:
        with contextlib.suppress(OSError):
            below = children(process.pid)
            own = max(own, kilobytes(process.pid, "status", "VmHWM"))
            theirs = sum(kilobytes(pid, "status", "VmRSS") for pid in below)
            workers = max(workers, theirs)
            together = max(together, theirs + kilobytes(process.pid, "status", "VmRSS"))
            proportional = max(proportional, sum(kilobytes(pid, "smaps_rollup", "Pss") for pid in [process.pid, *below]))
        rounds += 1
        time.sleep(0.05)
    if process.returncode:
        raise ContenderFailed(f"fileroom index ended with {process.returncode}")
    return own << 10, workers << 10, together << 10, proportional << 10, rounds
