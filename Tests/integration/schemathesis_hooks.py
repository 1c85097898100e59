"""What schemathesis is told about Fileroom. Loaded by schemathesis, named in SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import itertools
import os

import schemathesis

# Limits count by key and by address: with several of both, hundreds of requests in a second are no flood.
KEYS = os.environ["FILEROOM_TEST_KEYS"].split(",")
OWN = {str(number) for number in range(1, len(KEYS) + 1)}
keys = itertools.cycle(KEYS)
addresses = itertools.cycle(f"192.0.2.{last}" for last in range(1, 255))


@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers["Authorization"] = f"Bearer {next(keys)}"
    case.headers["X-Forwarded-For"] = next(addresses)
    if case.operation.path == "/api/keys/{id}" and str(case.path_parameters["id"]) in OWN:
        # The keys that the test itself uses are not revoked.
        case.path_parameters["id"] = len(KEYS) + 1


@schemathesis.hook
def map_body(context, body):
    """Sources lie on this machine: where nothing answers, or in no folder. What is asked is kept otherwise."""
    if isinstance(body, dict):
        if isinstance(body.get("host"), str) and body["host"]:
            body["host"] = "127.0.0.1"
            if isinstance(body.get("port"), int):
                body["port"] = 1
        for place in ("source", "path"):
            if isinstance(body.get(place), str) and body[place].startswith("/"):
                body[place] = "/nonexistent" + body[place]
    return body
