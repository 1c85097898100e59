#!/usr/bin/env python3
"""fault-proxy.py PORT FAULT: forwards SMB to PORT, and on every connection spoils all answers to QUERY_DIRECTORY but the first.

FAULT is `status 0xC0000022` (that status instead of the answer), `cut` (the connection ends) or `silent` (no answer).
Prints the port that it listens on, and ends when its standard input does. Works on connections that are neither signed nor encrypted.
"""

import os
import socket
import struct
import sys
import threading

QUERY_DIRECTORY = 14


def exactly(source: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def upwards(client: socket.socket, server: socket.socket) -> None:
    try:
        while data := client.recv(65536):
            server.sendall(data)
    except OSError:
        pass
    server.close()


def downwards(server: socket.socket, client: socket.socket, fault: str, status: int) -> None:
    answers = 0
    try:
        while prefix := exactly(server, 4):
            message = exactly(server, struct.unpack(">I", prefix)[0])
            if message is None:
                break
            if message[:4] == b"\xfeSMB" and struct.unpack("<H", message[12:14])[0] == QUERY_DIRECTORY:
                answers += 1
                if answers >= 2 and fault == "cut":
                    break
                if answers >= 2 and fault == "silent":
                    continue
                if answers >= 2 and fault == "status":
                    # An error response: MS-SMB2 2.2.2.
                    message = message[:8] + struct.pack("<I", status) + message[12:64] + struct.pack("<HHI", 9, 0, 0) + b"\0"
                    prefix = struct.pack(">I", len(message))
            client.sendall(prefix + message)
    except OSError:
        pass
    for end in (client, server):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    threading.Thread(target=end_with_input, daemon=True).start()
    target, fault = int(sys.argv[1]), sys.argv[2]
    status = int(sys.argv[3], 16) if len(sys.argv) > 3 else 0
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", target))
        threading.Thread(target=upwards, args=(client, server), daemon=True).start()
        threading.Thread(target=downwards, args=(server, client, fault, status), daemon=True).start()


main()
