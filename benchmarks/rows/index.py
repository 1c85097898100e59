"""Index of a share: listing, headers, catalogue."""

from . import peers
from .compare import Comparison, Ratio
from .world import World


def run(world: World) -> str:
    workers, files, small = world.options.workers, world.options.files, world.options.subset
    table = Comparison(world.columns(), files, " files/s")
    scaled = "" if small == files else f" (on {small:,} files, scaled)"
    python, index = f"smbprotocol + pydicom, 8 threads{scaled}", f"dicomindex, on the local tree{scaled}"
    for position, (column, delay) in enumerate(world.columns().items()):
        with world.network(delay) as port:
            configuration = world.configuration(port, "tree")
            contenders = [contender for count in workers for contender in pair(world, count, port, configuration)]
            contenders.append(lambda: {python: peers.scaled(world, lambda count: peers.smbprotocol(world, "read", port, f"tree-{count}", count))})
            if position == 0:
                contenders.append(lambda: {index: peers.scaled(world, lambda count: peers.dicomindex(world, world.tree(count)))})
            table.alternate(column, world.options.runs, contenders)
    for count in workers:
        table.ratios.append(Ratio(f"bare loop ÷ Fileroom, {count}", bare(count), ours(count), at_least=0.9))
    table.ratios += [
        Ratio(f"smbprotocol + pydicom ÷ Fileroom, {workers[-1]}", python, ours(workers[-1]), at_least=5 if workers[-1] == 32 else None),
        Ratio(f"dicomindex, local ÷ Fileroom, {workers[0]}, SMB", index, ours(workers[0]))]
    order = [ours(count) for count in workers] + [bare(count) for count in workers]
    bounds = "; ".join(
        f"{count} connections {count / (3 * delay / 1000):,.0f}/s at {column}" for column, delay in world.columns().items() if delay for count in workers)
    return (
        f"{files:,} files, from the start of each program to its end. The bare loop lists everything and then reads the first 8 KiB of every file; Fileroom does that,"
        f" reads the headers, and writes catalogue and search index. Bound of three round trips a file: {bounds or 'none without a delay'}."
        f"\n\n{table.markdown(order)}")


def ours(workers: int) -> str:
    return f"Fileroom, {workers} workers"


def bare(processes: int) -> str:
    return f"bare C loop, {processes} processes"


def pair(world: World, count: int, port: int, configuration) -> list:
    files = world.options.files

    def fileroom() -> dict[str, float]:
        with world.catalogue() as data:
            return {ours(count): world.index("benchmark", data, configuration, count, expected={"dicom_files": files})[0]}

    return [fileroom, lambda: {bare(count): peers.bare_smb(world, "read", count, port, "tree", files)}]
