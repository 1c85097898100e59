"""A second scan of a share where nothing changed, against its enumeration alone and against the first scan."""

from . import peers
from .compare import Comparison, Ratio
from .world import World


def run(world: World) -> str:
    count, files = world.options.workers[0], world.options.files
    table = Comparison(world.columns(), files, " files/s")
    first, again, alone = "first scan", "rescan", "Fileroom, listing alone (no file rows)"
    bare = f"enumeration by the bare C loop, {count} processes"
    for column, delay in world.columns().items():
        with world.network(delay) as port, world.catalogue() as data:
            configuration = world.configuration(port, "tree")
            folders_only = world.configuration(port, "tree", name_filter=[".nothing"])
            table.alternate(column, 1, [
                lambda: {first: world.index("benchmark", data, configuration, count, expected={"dicom_files": files})[0]}])

            def rescan() -> dict[str, float]:
                return {again: world.index("benchmark", data, configuration, count, expected={"files_opened": 0, "enumerated_files": files})[0]}

            def listing() -> dict[str, float]:
                with world.catalogue() as other:
                    return {alone: world.index("benchmark", other, folders_only, count, expected={"enumerated_files": files})[0]}

            table.alternate(column, world.options.runs, [rescan, lambda: {bare: peers.bare_smb(world, "list", count, port, "tree", files)}, listing])
    table.ratios = [
        Ratio("rescan ÷ enumeration by the bare loop", again, bare, at_most=1.1),
        Ratio("rescan ÷ Fileroom's listing alone", again, alone, at_most=1.1),
        Ratio("first scan ÷ rescan", first, again)]
    return (
        f"{files:,} files, {count} workers; the first scan once, the rest alternating. Every rescan opened 0 files (it would not be counted otherwise)."
        f"\n\n{table.markdown([first, again, bare, alone])}")
