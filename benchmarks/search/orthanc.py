"""How long Orthanc's tools/find takes for the same kind of search: `orthanc.py CATALOGUE`, with pydicom and Debian's `orthanc`.

Starts an Orthanc of its own on a free port with an empty storage folder, sends it one small instance for each series of the
catalogue, and asks for `*text*` in the patient's name, 50 series at most, one keystroke after the other.
"""

import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

TYPED = ["müller anna", "meier", "schmidt", "oneill", "yamada", "ng", "kowalski", "chevalier", "barelo", "zaveko", "wang"]


def instance(row: sqlite3.Row) -> bytes:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = row["uid"] + ".1"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = row["uid"] + ".1"
    dataset.PatientName, dataset.PatientID = row["name"], row["patient_id"]
    dataset.StudyInstanceUID, dataset.StudyDate, dataset.StudyDescription = row["study_uid"], row["date"], row["description"]
    dataset.AccessionNumber = row["accession"]
    dataset.SeriesInstanceUID, dataset.Modality, dataset.SeriesDescription = row["uid"], row["modality"], row["series_description"]
    output = io.BytesIO()
    dataset.save_as(output, enforce_file_format=True)
    return output.getvalue()


def rows(path: str):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection.execute(
        """SELECT e.series_instance_uid AS uid, e.modality, e.series_description, s.study_instance_uid AS study_uid,
                  s.patient_name AS name, p.patient_id, s.study_date AS date, s.study_description AS description,
                  s.accession_number AS accession
           FROM series e JOIN study s ON s.id = e.study_id JOIN patient p ON p.id = s.patient_id"""
    )


def post(port: int, path: str, body: bytes) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, method="POST")) as answer:
        return answer.read()


def start(folder: str) -> tuple[subprocess.Popen, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = {
        "StorageDirectory": folder, "IndexDirectory": folder, "HttpPort": port, "DicomServerEnabled": False, "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False, "CaseSensitivePN": False, "OverwriteInstances": False,
    }
    path = os.path.join(folder, "orthanc.json")
    with open(path, "w") as file:
        json.dump(configuration, file)
    process = subprocess.Popen(["Orthanc", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/system").read()
            return process, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Orthanc does not answer")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        process, port = start(folder)
        try:
            count = 0
            for row in rows(sys.argv[1]):
                post(port, "/instances", instance(row))
                count += 1
            times = []
            for text in TYPED:
                for end in range(1, len(text) + 1):
                    query = {"Level": "Series", "Limit": 50, "Expand": True, "Query": {"PatientName": "*" + text[:end] + "*"}}
                    begin = time.perf_counter()
                    post(port, "/tools/find", json.dumps(query).encode())
                    times.append((time.perf_counter() - begin) * 1000)
            times.sort()
            print(f"| Orthanc tools/find, {count} series, PatientName only | {len(times)} | p50 {times[len(times) // 2]:.1f} ms"
                  f" | p99 {times[len(times) * 99 // 100]:.1f} ms | worst {times[-1]:.1f} ms |")
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
