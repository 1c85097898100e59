"""Follows the offsets of a DICOMDIR, and says how many patients, series and instances are found by them.

Usage: count.py FOLDER
"""

import os
import sys

import pydicom

directory = pydicom.dcmread(os.path.join(sys.argv[1], "DICOMDIR"))
records = {record.seq_item_tell: record for record in directory.DirectoryRecordSequence}
counts = {"PATIENT": 0, "STUDY": 0, "SERIES": 0, "IMAGE": 0}
last = None


def walk(offset):
    global last
    while offset:
        record = records.pop(offset)
        counts[record.DirectoryRecordType] += 1
        if record.DirectoryRecordType == "PATIENT":
            last = offset
        walk(record.OffsetOfReferencedLowerLevelDirectoryEntity)
        offset = record.OffsetOfTheNextDirectoryRecord


walk(directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity)
if records or last != directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity:
    print("not in the tree:", len(records), last)
print(counts["PATIENT"], counts["SERIES"], counts["IMAGE"])
