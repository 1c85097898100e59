"""The same jobs in Python: `smbprotocol_peer.py list|read PORT SHARE USER off|required THREADS`.

list: every folder's entries. read: that, then the first 8 KiB of every file, which pydicom reads. Each thread has a connection of its own. The password
comes from FILEROOM_SMB_PASSWORD. Requests are signed, as the other clients' are.
"""

import io
import logging
import os
import queue
import sys
import threading
import warnings

import pydicom
import smbclient

from keywords import KEYWORDS

MODE, PORT, SHARE, USER, ENCRYPTION, THREADS = sys.argv[1:]
READ_SIZE = 8192
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)



def give_up(failure: threading.ExceptHookArgs) -> None:
    """One thread's failure ends the program: the others would wait for it."""
    print(failure.exc_value, file=sys.stderr, flush=True)
    os._exit(1)


threading.excepthook = give_up
folders: queue.Queue[str | None] = queue.Queue()
files: list[tuple[str, int]] = []
headers: list[list[str]] = []


def connect() -> dict:
    """What each call needs: the port and this thread's connections."""
    options = {"port": int(PORT), "connection_cache": {}}
    smbclient.register_session(
        "127.0.0.1", username=USER, password=os.environ["FILEROOM_SMB_PASSWORD"], encrypt=ENCRYPTION == "required", auth_protocol="ntlm", **options)
    return options


def list_folders(options: dict) -> None:
    while (folder := folders.get()) is not None:
        for entry in smbclient.scandir(folder, **options):
            path = folder + "\\" + entry.name
            if entry.is_dir():
                folders.put(path)
            else:
                files.append((path, entry.smb_info.end_of_file))
        folders.task_done()


def read_files(options: dict, share: list[tuple[str, int]]) -> None:
    for path, size in share:
        with smbclient.open_file(path, mode="rb", buffering=0, share_access="rwd", **options) as file:
            content = file.read(min(size, READ_SIZE))
        dataset = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=KEYWORDS)
        headers.append([str(dataset.get(keyword, "")) for keyword in KEYWORDS])


def in_threads(work) -> None:
    threads = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(int(THREADS))]
    for thread in threads:
        thread.start()
    if work is listing:
        folders.join()
        for _ in threads:
            folders.put(None)
    for thread in threads:
        thread.join()


connections: dict[int, dict] = {}


def listing(index: int) -> None:
    connections[index] = connect()
    list_folders(connections[index])


def reading(index: int) -> None:
    read_files(connections[index], files[index :: int(THREADS)])


folders.put(rf"\\127.0.0.1\{SHARE}")
in_threads(listing)
if MODE == "read":
    in_threads(reading)
    if len(headers) != len(files):
        sys.exit(f"{len(headers)} headers of {len(files)} files")
print(f"files={len(files)}", flush=True)
os._exit(0)
