"""Enumeration of a share: what it takes to know every name, size and time in it."""

from . import peers
from .compare import Comparison, Ratio
from .world import World

NOTE = """The share has the tree's folders and names, and empty files, so that nothing can be read: a first scan with Fileroom is the enumeration, with every
file's row written (and marked as read, since an empty file needs no look). *Listing alone* is the same with a name filter that nothing passes: files are
counted and only folders get rows. From the start of each program to its end, sign-in of each connection included."""


def run(world: World) -> str:
    names, workers = world.names(), [count for count in world.options.workers if count <= 16] or world.options.workers[:1]
    files, folders = world.count(names)
    table = Comparison(world.columns(), files + folders, "/s")
    chosen: list[str] = []
    for column, delay in world.columns().items():
        with world.network(delay) as port:
            measure(world, table, column, port, workers, files, folders, chosen)
    for count in workers:
        table.ratios += [
            Ratio(f"bare loop ÷ Fileroom, {count}, rows written", f"bare C loop, {count} processes", ours(count), at_least=0.9),
            Ratio(f"bare loop ÷ Fileroom, {count}, listing alone", f"bare C loop, {count} processes", ours(count, "listing alone")),
            Ratio(f"rclone ÷ Fileroom, {count}, rows written", "rclone lsf -R", ours(count), at_least=1),
        ]
    table.ratios += [
        Ratio(f"smbclient ÷ Fileroom, {workers[0]}, rows written", "smbclient recurse;ls", ours(workers[0]), at_least=1),
        Ratio(f"smbprotocol ÷ Fileroom, {workers[0]}, rows written", "smbprotocol, 8 threads", ours(workers[0]), at_least=1)]
    order = [ours(count, kind) for kind in ("rows written", "listing alone") for count in workers]
    return f"{files + folders:,} entries. {NOTE} rclone with its best of 8, 16, 32 and 64 checkers: {', '.join(chosen)}.\n\n{table.markdown(order)}"


def ours(workers: int, kind: str = "rows written") -> str:
    return f"Fileroom, {workers} workers, {kind}"


def measure(world: World, table: Comparison, column: str, port: int, workers: list[int], files: int, folders: int, chosen: list[str]) -> None:
    all_rows = world.configuration(port, "names")
    # No name of the tree has this extension.
    folder_rows = world.configuration(port, "names", name_filter=[".nothing"])
    checkers = peers.best_checkers(world, port, "names", files + folders)
    chosen.append(f"{checkers} at {column}")

    def fileroom(count: int, kind: str):
        def contender() -> dict[str, float]:
            configuration = all_rows if kind == "rows written" else folder_rows
            with world.catalogue() as data:
                seconds, _ = world.index("benchmark", data, configuration, count, expected={"enumerated_files": files, "bytes_read": 0})
            return {ours(count, kind): seconds}
        return contender

    def bare(count: int):
        return lambda: {f"bare C loop, {count} processes": peers.bare_smb(world, "list", count, port, "names", files)}

    contenders = [contender for count in workers for contender in (fileroom(count, "rows written"), bare(count), fileroom(count, "listing alone"))]
    table.alternate(column, world.options.runs, [
        *contenders,
        lambda: {"rclone lsf -R": peers.rclone(world, checkers, port, "names", files + folders)},
        lambda: {"smbclient recurse;ls": peers.smbclient(world, port, "names", files)},
        lambda: {"smbprotocol, 8 threads": peers.smbprotocol(world, "list", port, "names", files)},
    ])
