"""Copies real files into a folder under names that a directory can refer to: those that come with pydicom, and those of other folders.

Usage: real-files.py FOLDER [SOURCE...]
"""

import os
import shutil
import sys

import pydicom
from pydicom.data import get_testdata_files

found = sorted(path for path in get_testdata_files() if "dicomdir" not in path.lower())
for source in sys.argv[2:]:
    found += sorted(os.path.join(parent, name) for parent, _, names in os.walk(source) for name in names)
seen = set()
for path in found:
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID", "SOPClassUID"])
        identity = str(header.SOPInstanceUID)
        if str(header.SOPClassUID) == "1.2.840.10008.1.3.10" or identity in seen:
            continue
    except Exception:
        continue
    seen.add(identity)
    target = os.path.join(sys.argv[1], "DICOM", f"SE{len(seen) // 100:06}", f"IM{len(seen):06}")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(path, target)
print(len(seen))
