"""Index of a local tree, catalogue included, from the start of the program to its end."""

from . import peers
from .compare import Comparison, Ratio
from .world import World


def run(world: World) -> str:
    files, subset_files = world.options.files, world.options.subset
    tree = world.tree()
    scaled = "" if subset_files == files else f" (on {subset_files:,} files, scaled)"
    ours, scanner, index, loop = "Fileroom, local folder", "gdcmscanner", f"dicomindex{scaled}", f"pydicom loop{scaled}"
    floor, walk = "open + pread + close, 2 threads (floor)", "listing and stat alone, 2 threads"
    table = Comparison(["page cache warm"], files, " files/s")

    def fileroom() -> dict[str, float]:
        with world.catalogue() as data:
            return {ours: world.index(tree, data, expected={"dicom_files": files})[0]}

    table.alternate("page cache warm", world.options.runs, [
        fileroom,
        lambda: {scanner: peers.gdcmscanner(world, tree)},
        lambda: {floor: peers.bare_local(world, "read", tree, files)},
        lambda: {walk: peers.bare_local(world, "walk", tree, files)},
        lambda: {loop: peers.scaled(world, lambda count: peers.pydicom_loop(world, world.tree(count), count))},
        lambda: {index: peers.scaled(world, lambda count: peers.dicomindex(world, world.tree(count)))},
    ])
    table.ratios = [
        Ratio("gdcmscanner ÷ Fileroom", scanner, ours, at_least=5),
        Ratio("dicomindex ÷ Fileroom", index, ours, at_least=50),
        Ratio("pydicom loop ÷ Fileroom", loop, ours),
        Ratio("Fileroom ÷ floor", ours, floor, at_most=2),
    ]
    return (
        f"{files:,} files; from the start of the program to its end. Fileroom writes its catalogue and search index; gdcmscanner keeps the same attributes in memory;"
        f" dicomindex writes SQLite.\n\n{table.markdown([ours, floor, walk, scanner, loop, index])}")
