"""Opens a DICOMDIR with pydicom, and compares its records with the files, and with those that pydicom would write.

Usage: check.py FOLDER [--keys]; says what differs, one line each, at the end the number of instances.
"""

import os
import sys
import warnings

import pydicom
from pydicom.fileset import DIRECTORY_RECORDERS, FileSet, _four_level_record_type, _single_level_record_type

warnings.simplefilter("error" if "--keys" in sys.argv else "ignore")
warnings.simplefilter("ignore", ResourceWarning)
folder = sys.argv[1]
files = FileSet(os.path.join(folder, "DICOMDIR"))
found = {os.path.relpath(instance.path, folder): instance for instance in files}
expected = {
    os.path.relpath(os.path.join(parent, name), folder)
    for parent, _, names in os.walk(os.path.join(folder, "DICOM")) for name in names
}
for path in sorted(expected ^ set(found)):
    print("missing" if path in expected else "too many", path)


def plain(dataset):
    result = {}
    for element in dataset:
        value = [plain(item) for item in element.value] if element.VR == "SQ" else str(element.value or "")
        result[element.keyword] = value
    result.pop("SpecificCharacterSet", None)
    return result


for path, instance in sorted(found.items()):
    record = instance.node._record
    file = pydicom.dcmread(os.path.join(folder, path))
    if str(record.get("ReferencedSOPInstanceUIDInFile", "")) != str(file.get("SOPInstanceUID", "")):
        print(path, "another instance")
    if "--keys" not in sys.argv:
        continue
    kind = _single_level_record_type(file)
    kind = kind if kind != "PATIENT" else _four_level_record_type(file)
    if record.DirectoryRecordType != kind:
        print(path, "is", record.DirectoryRecordType, "and not", kind)
        continue
    if "VerifyingObserverSequence" in file:
        file.VerificationDateTime = max(item.VerificationDateTime for item in file.VerifyingObserverSequence)
    if "ContentSequence" in file:
        file.ContentSequence = [item for item in file.ContentSequence if item.RelationshipType == "HAS CONCEPT MOD"]
    record.decode()
    file.decode()
    mine = plain(record)
    theirs = plain(DIRECTORY_RECORDERS[kind](file))
    for keyword in theirs:
        if mine.get(keyword) != theirs[keyword]:
            print(path, kind, keyword, mine.get(keyword), theirs[keyword])
print(len(found))
