"""The server under load: searches while typing, alone, beside an index job, beside open event streams and beside slow clients; Orthanc on an equal set."""

import asyncio
import contextlib
import json
import pathlib
import re
import resource
import shutil
import ssl
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from .world import ROOT, World

sys.path.insert(0, str(ROOT / "benchmarks/search"))
import orthanc  # noqa: E402  the peer of the row "search", with the same words typed

# The certificate of a test is its own.
UNVERIFIED = ssl._create_unverified_context()
CONNECTIONS = 8
STREAMS = 1_000
SLOW_CLIENTS = 100
ORTHANC_SERIES = 20_000
# Every keystroke of the words, one after the other, as a browser asks for them; the peer gets the same.
SCRIPT = """
local queries = { %s }
local at = 0
request = function()
  at = at %% #queries + 1
  return wrk.format(%s)
end
done = function(summary, latency, requests)
  local errors = summary.errors
  print(string.format("p50 %%.2f p99 %%.2f worst %%.2f rate %%.0f errors %%d", latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, summary.requests / summary.duration * 1e6, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class Service:
    """`fileroom serve` on loopback, over plain HTTP unless it is told otherwise, with limits that leave room for a load test from one address."""

    def __init__(self, world: World, data: pathlib.Path, sources: list[dict] | None = None, arguments: list = ()):
        self.world, self.data = world, data
        configuration = world.folder / f"serve-{data.name}.json"
        configuration.touch(mode=0o600)
        configuration.write_text(json.dumps({
            "sources": sources or [{"name": "tree", "type": "local", "path": str(world.tree())}],
            "server": {"rate_limit_percent": 100_000, "connections": 4_000, "connections_per_address": 4_000}}))
        self.process = subprocess.Popen(
            [world.fileroom, "serve", "--data", data, "--config", configuration, "--listen", "127.0.0.1:0", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.address()
        self.port = int(self.url.rsplit(":", 1)[1])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        made = subprocess.run(
            [world.fileroom, "key", "create", "benchmark", "--role", "admin", "--data", data, "--json"], capture_output=True, text=True, check=True)
        self.key = json.loads(made.stdout)["key"]

    def address(self) -> str:
        for line in self.process.stdout:
            found = re.search(r"https?://127\.0\.0\.1:\d+", line)
            if found:
                return found.group()
        raise RuntimeError("fileroom serve ended before it printed its address")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=UNVERIFIED if self.url.startswith("https") else None) as answer:
            return json.loads(answer.read() or b"null")

    def resident(self) -> float:
        """MB."""
        return resident(self.process.pid)

    def resident_workers(self) -> float:
        """MB, of all its SMB workers."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = {pid for task in children.parent.parent.iterdir() for pid in (task / "children").read_text().split()}
        return sum(resident(pid) for pid in pids)


def resident(pid: int | str) -> float:
    """MB; 0 of a process that is gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
        return int(found.group(1)) / 1024 if found else 0.0
    return 0.0


def typed() -> list[str]:
    return [text[:end] for text in orthanc.TYPED for end in range(1, len(text) + 1)]


def load(world: World, port: int, queries: list[str], call: str, seconds: int) -> dict[str, float]:
    """What wrk measures: milliseconds, requests a second, errors."""
    script = world.folder / "load.lua"
    script.write_text(SCRIPT % (", ".join(json.dumps(query, ensure_ascii=True) for query in queries), call))
    ran = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", script, f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, check=True)
    found = dict(re.findall(r"(p50|p99|worst|rate|errors) ([\d.]+)", ran.stdout))
    return {name: float(value) for name, value in found.items()}


def search(world: World, service: Service, seconds: int = 10) -> dict[str, float]:
    paths = ["/api/search?limit=50&q=" + urllib.request.quote(text) for text in typed()]
    call = f'"GET", queries[at], {{["Authorization"] = "Bearer {service.key}"}}'
    return load(world, service.port, paths, call, seconds)


@contextlib.contextmanager
def indexing(service: Service):
    """A job that opens every file of the tree, again and again."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                service.call("POST", "/api/index/start", {"source": "tree", "full": True})
            while not stop.is_set() and service.call("GET", "/api/index/status")["running"]:
                time.sleep(0.05)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        with contextlib.suppress(OSError):
            service.call("POST", "/api/index/cancel", {})


@contextlib.contextmanager
def clients(count: int, talk):
    """So many connections, each with a coroutine of its own, until the end."""
    loop = asyncio.new_event_loop()
    counts = {"answers": 0}
    tasks: list[asyncio.Task] = []

    async def start() -> None:
        for _ in range(count):
            tasks.append(asyncio.ensure_future(talk(counts)))
            await asyncio.sleep(0.002)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result()
    time.sleep(2)
    try:
        yield counts
    finally:
        async def end() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def listener(service: Service):
    async def talk(counts: dict) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(f"GET /api/index/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {service.key}\r\n\r\n".encode())
        if b" 200 " in await reader.readline():
            counts["answers"] += 1
        while await reader.read(65_536):
            pass

    return talk


def dawdler(service: Service):
    async def talk(counts: dict) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", service.port)
                for byte in b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"x" * 3_600:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(1)
            except OSError:
                counts["answers"] += 1

    return talk


def line(name: str, rounds: list[dict[str, float]], more: str = "") -> str:
    middle = {key: statistics.median(found[key] for found in rounds) for key in rounds[0]}
    return (f"| {name} | {middle['p50']:.1f} | {middle['p99']:.1f} | {middle['worst']:.0f} | {middle['rate']:,.0f} |"
            f" {sum(found['errors'] for found in rounds):.0f} | {more} |")


def run(world: World) -> str:
    if not shutil.which("wrk"):
        return "wrk is not installed: `tools/setup bench` installs it."
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16_384, limit[1]), limit[1]))
    data = world.folder / "serve"
    data.mkdir(mode=0o700)
    subprocess.run([world.options.bin / "synthetic-catalogue", data / "catalogue.sqlite3", str(world.options.series), "1"],
                   check=True, stdout=subprocess.DEVNULL)
    service = Service(world, data)
    try:
        search(world, service, 3)
        rounds: dict[str, list] = {"alone": [], "job": [], "streams": [], "slow": []}
        notes = {}
        for _ in range(world.options.runs):
            rounds["alone"].append(search(world, service))
            with clients(STREAMS, listener(service)) as counts:
                rounds["streams"].append(search(world, service))
                notes["streams"] = f"{counts['answers']} streams open, server {service.resident():.0f} MB"
            with clients(SLOW_CLIENTS, dawdler(service)):
                rounds["slow"].append(search(world, service))
            with indexing(service):
                rounds["job"].append(search(world, service))
        names = {
            "alone": "nothing else", "streams": f"{STREAMS:,} event streams", "slow": f"{SLOW_CLIENTS} clients that send a byte a second",
            "job": "an index job beside"}
        table = "\n".join(line(names[key], found, notes.get(key, "")) for key, found in rounds.items())
    finally:
        service.stop()
    return (f"`wrk`, {CONNECTIONS} connections without pause, every keystroke of {len(orthanc.TYPED)} names, {world.options.series:,} series, 50 results,"
            f" plain HTTP; client and server share the cores.\n\n"
            f"| beside | p50 ms | p99 ms | worst ms | searches/s | errors | |\n|---|---|---|---|---|---|---|\n{table}\n\n{peer(world)}")


def peer(world: World) -> str:
    """Orthanc's tools/find and ours on the same series, the same words, the same wrk."""
    if not shutil.which("Orthanc"):
        return "Orthanc is not installed: no comparison."
    data = world.folder / "serve-small"
    data.mkdir(mode=0o700)
    catalogue = data / "catalogue.sqlite3"
    subprocess.run([world.options.bin / "synthetic-catalogue", catalogue, str(ORTHANC_SERIES), "1"], check=True, stdout=subprocess.DEVNULL)
    storage = world.folder / "orthanc"
    storage.mkdir()
    process, port = orthanc.start(str(storage))
    try:
        for row in orthanc.rows(str(catalogue)):
            orthanc.post(port, "/instances", orthanc.instance(row))
        bodies = [json.dumps({"Level": "Series", "Limit": 50, "Expand": True, "Query": {"PatientName": f"*{text}*"}}) for text in typed()]
        service = Service(world, data)
        try:
            ours, theirs = [], []
            for _ in range(world.options.runs):
                ours.append(search(world, service))
                theirs.append(load(world, port, bodies, '"POST", "/tools/find", {}, queries[at]', 10))
        finally:
            service.stop()
    finally:
        process.terminate()
        process.wait()
    ratio = statistics.median(other["p50"] / own["p50"] for own, other in zip(ours, theirs))
    return (f"The same against Orthanc `tools/find` (patient's name only), {ORTHANC_SERIES:,} series, alternating: p50 of Orthanc ÷ ours {ratio:.1f}.\n\n"
            f"| | p50 ms | p99 ms | worst ms | searches/s | errors | |\n|---|---|---|---|---|---|---|\n"
            f"{line('Fileroom', ours)}\n{line('Orthanc', theirs)}")
