#!/usr/bin/env python3
"""Fills a folder with the beginnings of real and regression files, as inputs of the fuzz harness.

usage: seed.py CORPUS SOURCE...
"""

import hashlib
import pathlib
import sys

# A header is in the first few kilobytes, and small inputs are tried more often.
LONGEST = 6 * 1024
# How the harness reads the file: first read, reading ahead, and the lie about the size.
READS = (bytes([255, 0, 255]), bytes([9, 3, 1]))


def main() -> None:
    corpus = pathlib.Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for source in map(pathlib.Path, sys.argv[2:]):
        files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
        # Slices of one series teach the fuzzer nothing new.
        taken: dict[tuple[str, str], int] = {}
        for file in files:
            kind = (str(file.parent), file.suffix)
            if "dcm_qa" in str(file) and taken.get(kind, 0) >= 1:
                continue
            taken[kind] = taken.get(kind, 0) + 1
            head = file.read_bytes()[:LONGEST]
            for read in READS:
                data = read + head
                (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)


if __name__ == "__main__":
    main()
