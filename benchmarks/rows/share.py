"""A series as a ZIP archive through the server: from a share, from a folder, over TLS, and to a hundred recipients at once."""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import zipfile

from . import peers
from .compare import Comparison, ContenderFailed, Ratio
from .serve import Service, orthanc
from .world import WHOLE_FILES, World

RECIPIENTS = 100
# What each of them takes a second, so that all are under way at once for as long as is looked at.
RECIPIENTS_RATE = "2M"
SECONDS = 15
CIPHER = "TLS_AES_256_GCM_SHA384"
ORTHANC = "Orthanc /series/…/archive"
NGINX = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 2;
events {{ worker_connections 64; }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {folder}/nginx-body;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/tls.pem;
    ssl_certificate_key {folder}/tls.key;
    ssl_protocols TLSv1.3;
    root {folder}/whole;
  }}
}}
"""


class Series:
    """Trees of one series each with the same number of bytes: many files, as a scanner writes them, and one."""

    def __init__(self, world: World):
        self.folder, self.bytes = world.whole(), world.options.share_megabytes << 20
        self.many, self.one = self.folder / "many", self.folder / "one"
        (self.file,) = files(self.one)

    @property
    def sources(self) -> list[dict]:
        return [{"name": name, "type": "local", "path": str(self.folder / name)} for name in ("many", "one")]


def files(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# MARK: Fileroom


@contextlib.contextmanager
def service(world: World, sources: list[dict], tls: bool = False):
    """A server that has indexed some sources, with limits that leave room for a load from one address."""
    with world.catalogue() as data:
        data.mkdir(mode=0o700)
        arguments = ["--tls-cert", world.folder / "tls.pem", "--tls-key", world.folder / "tls.key"] if tls else []
        running = Service(world, data, sources, arguments)
        try:
            for source in sources:
                running.call("POST", "/api/index/start", {"source": source["name"]})
            while running.call("GET", "/api/index/status")["running"]:
                time.sleep(0.05)
            yield running
        finally:
            running.stop()


def link(running: Service, source: str) -> str:
    """Shares the series of a source, and gives the address of its archive."""
    (found,) = running.call("GET", f"/api/search?level=series&source={source}")["results"]
    made = running.call("POST", "/api/shares", {"items": [{"type": "series", "uid": found["SeriesInstanceUID"]}]})
    return made["link"] + "/download"


def curl(*arguments) -> list:
    return ["curl", "-sS", "--fail", "--insecure", "--tlsv1.3", "--tls13-ciphers", CIPHER, "-o", "/dev/null", *arguments]


def download(world: World, name: str, address: str, least: int):
    """From the request to the archive's last byte: what is in it is looked up and listed within that time."""
    def contender() -> dict[str, float]:
        seconds, output = world.timed(curl("-w", "%{size_download}", address))
        if int(output.read_text()) < least:
            raise ContenderFailed(f"{name} gave {output.read_text()} bytes, fewer than {least}")
        return {name: seconds}
    return contender


def is_sound(world: World, address: str, count: int) -> None:
    """The archive holds what it is to hold: once, outside of what is measured."""
    archive = world.folder / "whole.zip"
    subprocess.run(curl()[:-2] + ["-o", archive, address], check=True)
    with zipfile.ZipFile(archive) as entries:
        images = sum(name.filename.startswith("DICOM/") for name in entries.infolist())
        if entries.testzip() is not None or images < count:
            raise ContenderFailed(f"the archive is not sound: {images} files")
    archive.unlink()


# MARK: From a share


def share(world: World, port: int, connections: int) -> dict:
    return {
        "name": "share", "host": "127.0.0.1", "port": port, "share": "whole", "username": world.user, "password": world.password,
        "encryption": world.options.encryption, "enumeration_method": "smb", "connection_pool_size": connections}


def smbclient(world: World, port: int, series: Series) -> float:
    """Every file with `get`, one after the other, which is what a person would do."""
    wanted = world.folder / "wanted"
    paths = [str(path.relative_to(series.many)).replace("/", "\\") for path in files(series.many)]
    wanted.write_text("".join(f'get "{path}" /dev/null\n' for path in paths))
    with open(wanted, "rb") as commands:
        seconds, _ = peers.timed_smbclient(world, port, "whole", stdin=commands)
    found = (world.folder / "errors").read_text(errors="replace").count("getting file")
    peers.must_be("smbclient", found, len(paths))
    return seconds


def from_share(world: World, series: Series) -> str:
    table = Comparison(world.columns(), series.bytes >> 20, " MiB/s")
    counts = [count for count in world.options.workers if count <= 16] or world.options.workers[:1]
    for column, delay in world.columns().items():
        with world.network(delay) as port, contextlib.ExitStack() as stack:
            contenders = []
            for count in counts:
                address = link(stack.enter_context(service(world, [share(world, port, count)])), "share")
                is_sound(world, address, WHOLE_FILES)
                contenders += [
                    download(world, f"Fileroom, {count} connections", address, series.bytes),
                    lambda count=count: {f"bare C loop, {count} processes": peers.bare_smb_whole(world, "whole", count, port, "whole", series.bytes)},
                    lambda count=count: {
                        f"bare C loop that also sends, {count} processes": peers.bare_smb_whole(world, "send", count, port, "whole", series.bytes)}]
            contenders.append(lambda: {"smbclient get": smbclient(world, port, series)})
            table.alternate(column, world.options.runs, contenders)
    for count in counts:
        table.ratios.append(Ratio(
            f"bare loop ÷ Fileroom, {count}", f"bare C loop, {count} processes", f"Fileroom, {count} connections", at_least=0.9))
        table.ratios.append(Ratio(
            f"bare loop that also sends ÷ Fileroom, {count}", f"bare C loop that also sends, {count} processes", f"Fileroom, {count} connections"))
    table.ratios.append(Ratio(f"smbclient get ÷ Fileroom, {counts[0]}", "smbclient get", f"Fileroom, {counts[0]} connections", at_least=1))
    return table.markdown()


# MARK: From a folder, and over TLS


def from_folder(world: World, series: Series) -> str:
    table = Comparison(["local folder, plain HTTP"], series.bytes >> 20, " MiB/s")

    def zip_stream() -> dict[str, float]:
        return {"zip -0 -r - .": world.timed(["sh", "-c", f"cd '{series.many}' && zip -0 -q -r - . > /dev/null"])[0]}

    with service(world, series.sources) as running, orthanc_archive(world, series) as archives:
        many, one = link(running, "many"), link(running, "one")
        is_sound(world, many, WHOLE_FILES)
        table.alternate(table.columns[0], world.options.runs, [
            download(world, f"Fileroom, {WHOLE_FILES:,} files", many, series.bytes), download(world, "Fileroom, one file", one, series.bytes), zip_stream,
            *archives])
    table.ratios = [
        Ratio(f"one file ÷ {WHOLE_FILES:,} files", "Fileroom, one file", f"Fileroom, {WHOLE_FILES:,} files", at_least=0.9),
        Ratio(f"zip ÷ Fileroom, {WHOLE_FILES:,} files", "zip -0 -r - .", f"Fileroom, {WHOLE_FILES:,} files", at_least=1)]
    if archives:
        table.ratios.append(Ratio(f"Orthanc ÷ Fileroom, {WHOLE_FILES:,} files", ORTHANC, f"Fileroom, {WHOLE_FILES:,} files", at_least=1))
    return table.markdown()


@contextlib.contextmanager
def orthanc_archive(world: World, series: Series):
    """Gives the contender, where Orthanc is installed: its archive of the same files, which it has stored and compresses."""
    if not shutil.which("Orthanc"):
        yield []
        return
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        process, port = orthanc.start(folder)
        try:
            stored = {json.loads(orthanc.post(port, "/instances", path.read_bytes()))["ParentSeries"] for path in files(series.many)}
            (identifier,) = stored
            yield [download(world, ORTHANC, f"http://127.0.0.1:{port}/series/{identifier}/archive", 1)]
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def nginx(world: World):
    """Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    configuration = world.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=world.folder, port=port))
    with subprocess.Popen(["nginx", "-c", configuration], stderr=subprocess.DEVNULL) as process:
        try:
            until_it_listens(port)
            yield port
        finally:
            process.terminate()


def until_it_listens(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise ContenderFailed("nginx does not listen")


def over_tls(world: World, series: Series) -> str:
    if not shutil.which("nginx"):
        return "nginx is not installed: `tools/setup bench` installs it."
    table = Comparison(["local folder, TLS 1.3"], series.bytes >> 20, " MiB/s")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", world.folder / "tls.key", "-out", world.folder / "tls.pem"], check=True, stderr=subprocess.DEVNULL)
    with service(world, series.sources, tls=True) as running, nginx(world) as port:
        many, one = link(running, "many"), link(running, "one")
        place = series.file.relative_to(series.folder)
        table.alternate(table.columns[0], world.options.runs, [
            download(world, f"Fileroom, {WHOLE_FILES:,} files", many, series.bytes), download(world, "Fileroom, one file", one, series.bytes),
            download(world, "nginx, one file", f"https://127.0.0.1:{port}/{place}", series.bytes)])
    table.ratios = [
        Ratio(f"nginx ÷ Fileroom, {WHOLE_FILES:,} files", "nginx, one file", f"Fileroom, {WHOLE_FILES:,} files", at_least=0.8),
        Ratio("nginx ÷ Fileroom, one file", "nginx, one file", "Fileroom, one file", at_least=0.8)]
    return table.markdown()


# MARK: Many at once


def at_once(world: World, series: Series) -> str:
    """How much more memory the server and its workers have while a hundred different recipients download, each slowly."""
    rows = []
    chosen = [("a share, 8 connections", share(world, world.server()["port"], 8)), ("a folder", series.sources[0])]
    for name, source in chosen:
        with service(world, [source]) as running:
            address = link(running, source["name"])
            subprocess.run(curl(address), check=True)
            before, workers = running.resident(), running.resident_workers()
            peak, peak_workers, under_way = crowd(running, address)
            aim = "met" if peak - before < 30 else "missed"
            rows.append(
                f"| {name} | {under_way} | {before:.0f} MB | {peak:.0f} MB | **{peak - before:.0f} MB** {aim} | {workers:.0f} → {peak_workers:.0f} MB |")
    return "\n".join([
        "| from | under way | before | peak | more (aim: < 30 MB) | SMB workers together |", "|---|---:|---:|---:|---:|---:|", *rows])


def crowd(running: Service, address: str) -> tuple[float, float, int]:
    """The peaks of the server's and its workers' memory in MB, and how many downloads were under way."""
    clients = [
        subprocess.Popen(curl("--limit-rate", RECIPIENTS_RATE, "--user-agent", f"recipient {number}", address), stderr=subprocess.DEVNULL)
        for number in range(RECIPIENTS)]
    peak, peak_workers, under_way = 0.0, 0.0, 0
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            peak, peak_workers = max(peak, running.resident()), max(peak_workers, running.resident_workers())
            under_way = max(under_way, sum(item["active_downloads"] for item in running.call("GET", "/api/shares")["shares"]))
            time.sleep(0.2)
    finally:
        for client in clients:
            client.kill()
            client.wait()
    return peak, peak_workers, under_way


def run(world: World) -> str:
    series = Series(world)
    mebibytes = series.bytes >> 20
    return f"""A series of {WHOLE_FILES:,} files of {mebibytes * 1024 // WHOLE_FILES} KiB, {mebibytes:,} MiB, given by `fileroom serve` to `curl -o /dev/null`: from the
request to the archive's last byte, in which time its files are looked up, listed and read; the first download of all, whose checksums are not known yet,
is not counted. Everybody else throws the bytes away as well. The bare loop that also sends hands what it read to one more process over TCP, as many
connections as processes, in no order and with nothing around it: what a server on the same machine as its recipient cannot do without. Orthanc compresses.

### From a share, plain HTTP

{from_share(world, series)}

### From a folder

{from_folder(world, series)}

### Over TLS

{CIPHER} for both; nginx with two processes.

{over_tls(world, series)}

### {RECIPIENTS} recipients at once

Each another one by its user agent, each taking {RECIPIENTS_RATE}B a second, for {SECONDS} s; resident memory against that after one download.

{at_once(world, series)}
"""
