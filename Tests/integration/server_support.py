"""A running `fileroom serve`, and asking it as a program does: with what Python brings along."""

from __future__ import annotations

import dataclasses
import http.client
import json
import pathlib
import re
import signal
import ssl
import subprocess
import threading

PASSWORD = "correct horse battery"


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """`fileroom serve` on a free port of this machine; it ends with the test at the latest."""

    def __init__(self, fileroom, *arguments, tls: str | None = "--self-signed", listen: str = "127.0.0.1:0", **environment):
        self.fileroom = fileroom
        self.process = fileroom.start(
            "serve", "--listen", listen, *([tls] if tls else []), *arguments, **environment)
        self.said: list[str] = []
        self.log: list[bytes] = []
        # Read all the time: a server whose log nobody reads would lose lines.
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()
        while not any("Fileroom is at" in line for line in self.said):
            line = self.process.stdout.readline().decode()
            assert line, b"".join(self.log).decode()
            self.said.append(line)
        self.url = re.search(r"https?://\S+", self.said[-1]).group()
        self.port = int(self.url.rsplit(":", 1)[1])
        self.authority: str | None = None
        if self.url.startswith("https") and tls:
            kept = json.loads((fileroom.data / "self-signed.json").read_text())
            self.authority = kept["certificate"]
        self.key: str | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def process_folder(self) -> pathlib.Path:
        return pathlib.Path(f"/proc/{self.pid}")

    def setup_token(self) -> str | None:
        """What the set-up link holds; None when none is printed, because there are users."""
        if not self.get("/api/me")["setup_needed"]:
            return None
        for line in iter(self.process.stdout.readline, b""):
            if found := re.search(re.escape(self.url) + r"/setup#token=(\S+)", line.decode()):
                return found.group(1)
        raise AssertionError("no set-up link was printed")

    def connection(self) -> http.client.HTTPConnection:
        if not self.url.startswith("https"):
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        context = ssl.create_default_context(cadata=self.authority)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)

    def __call__(self, method: str, path: str, body=None, status: int | None = None, **headers) -> Answer:
        """Asks, with the key if there is one; checks the status if one is given. A text as body is a form, anything else is sent as JSON."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key and "Cookie" not in given:
            given.setdefault("Authorization", f"Bearer {self.key}")
        if isinstance(body, str):
            given["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            given["Content-Type"], body = "application/json", json.dumps(body)
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=given)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if status is not None:
            assert answer.status == status, f"{method} {path}: {answer.status} {answer.body.decode()}"
        return answer

    def get(self, path: str, **headers):
        return self("GET", path, status=200, **headers).json

    def stop(self, how: signal.Signals = signal.SIGTERM, code: int | None = 0) -> str:
        """Ends it; gives its log."""
        self.process.send_signal(how)
        self.process.wait(60)
        if code is not None:
            assert self.process.returncode == code, b"".join(self.log).decode()
        return b"".join(self.log).decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def make_certificate(folder: pathlib.Path, name: str) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate of this machine, signed by itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", certificate, "-keyout", key],
        check=True, capture_output=True)
    return certificate, key
