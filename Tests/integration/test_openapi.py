"""The description of the API against a running server: what it says is true, and nothing that a client sends breaks the server."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from support import configure

# What the description says must be so: statuses, headers, types and shapes of answers.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "negative_data_rejection,unsupported_method,allow_header_conformance,missing_required_header")
KEYS = 40
HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_route_answers_as_its_description_says(mode, fileroom, start, tmp_path):
    configure(fileroom, server={"trusted_proxies": ["127.0.0.1"]})
    server = start()
    keys = [fileroom("key", "create", f"test-{number}", "--role", "admin").out.strip() for number in range(KEYS)]
    authority = tmp_path / "authority.pem"
    authority.write_text(server.authority)
    tested = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run", f"{server.url}/openapi.json",
         "--checks", CHECKS, "--mode", mode, "--phases", "coverage,fuzzing", "--max-examples", "6", "--generation-deterministic",
         "--no-shrink", "--continue-on-failure",
         # A stream of events has no end.
         "--exclude-operation-id", "followIndex",
         "--tls-verify", authority, "--request-timeout", "30", "--warnings", "off"],
        capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
             "FILEROOM_TEST_KEYS": ",".join(keys), "NO_COLOR": "1"})
    assert tested.returncode == 0, tested.stdout[-12_000:] + tested.stderr[-2_000:]
    server.key = keys[0]
    figures = server("GET", "/metrics", status=200).body.decode()
    answers = sum(float(count) for count in re.findall(r'^fileroom_http_requests_total\{.*\} (\d+)', figures, re.M))
    limited = sum(float(count) for count in re.findall(r'^fileroom_http_requests_total\{.*status="429"\} (\d+)', figures, re.M))
    # A refusal for its number says nothing about a request.
    assert answers > 500 and limited < answers / 50, f"{limited} of {answers} requests were too many"
    assert json.loads(server("GET", "/readyz", status=200).body)["status"] == "ok"


def test_the_reference_page_is_what_the_server_says(programs):
    checked = subprocess.run([ROOT / "tools/api-reference", "--program", programs / "fileroom", "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
