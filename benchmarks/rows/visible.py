"""How soon nearly every series can be found, while an index is being made."""

import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import time

from . import peers
from .compare import Comparison, ContenderFailed, Ratio
from .world import World

# Series whose study the search index shows as it is.
SEARCHABLE = "SELECT count(*) FROM series JOIN study ON study.id = series.study_id WHERE study.search_stale IS NULL"


def run(world: World) -> str:
    count = world.options.workers[0]
    series = sum(1 for _, folders, _ in os.walk(world.tree()) if not folders)
    table = Comparison(world.columns())
    half, most, whole = "half of the series", "95 % of the series", "the whole index"
    bare = f"bare C loop, {count} processes: listing, first file of every folder"
    processed: dict[str, list[int]] = {}
    for column, delay in world.columns().items():
        with world.network(delay) as port:
            configuration = world.configuration(port, "tree")

            def fileroom() -> dict[str, float]:
                found, files = watch(world, configuration, count, series)
                processed.setdefault(column, []).append(files)
                return dict(zip((half, most, whole), found))

            table.alternate(column, world.options.runs, [
                fileroom, lambda: {bare: peers.bare_smb(world, "first", count, port, "tree", world.options.files)}])
    table.ratios = [Ratio("95 % ÷ the whole index", most, whole), Ratio("95 % ÷ bare loop", most, bare)]
    read = "; ".join(f"{statistics.median(files):,.0f} at {column}" for column, files in processed.items())
    return (
        f"{series:,} series in {world.options.files:,} files, {count} workers; searchable when the search index shows their study as it is (`search_stale`), looked up every 20 ms through a connection of its own."
        f" Files read when 95 % could be found (one for each folder would be {series:,}): {read}.\n\n{table.markdown([half, most, whole])}")


def watch(world: World, configuration, workers: int, series: int) -> tuple[list[float], int]:
    """Seconds until half, 95 % and all; and how many files were read at 95 %."""
    with world.catalogue() as data, open(world.folder / "output", "wb") as output:
        start = time.perf_counter()
        environment = {**os.environ, "FILEROOM_SMB_PASSWORD": world.password}
        command = [str(part) for part in world.index_command("benchmark", data, configuration, workers)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, env=environment)
        reached: dict[float, float] = {}
        files = 0
        connection = None
        while process.poll() is None:
            if 0.95 not in reached:
                connection = connection or opened(data)
                visible = searchable(connection)
                for part in (0.5, 0.95):
                    if visible >= part * series:
                        reached.setdefault(part, time.perf_counter() - start)
                if 0.95 in reached:
                    files = files_processed(data)
            time.sleep(0.02)
        whole = time.perf_counter() - start
        if connection:
            connection.close()
    if process.returncode:
        raise ContenderFailed(f"fileroom index ended with {process.returncode}")
    return [reached.get(0.5, whole), reached.get(0.95, whole), whole], files or world.options.files


def opened(data) -> sqlite3.Connection | None:
    with contextlib.suppress(sqlite3.Error):
        return sqlite3.connect(f"file:{data}/catalogue.sqlite3?mode=ro", uri=True)
    return None


def searchable(connection: sqlite3.Connection | None) -> int:
    # The tables may not be there yet.
    with contextlib.suppress(sqlite3.Error):
        if connection:
            return connection.execute(SEARCHABLE).fetchone()[0]
    return 0


def files_processed(data) -> int:
    with contextlib.suppress(OSError, ValueError):
        return json.loads((data / "index_status.json").read_text())["files_processed"]
    return 0
