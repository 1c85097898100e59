"""A small server that the client is tested against: says where it listens, and ends when its standard input does.

    server.py SOCKET                  on a Unix socket
    server.py 0                       on a free port of 127.0.0.1
    server.py 0 CERTIFICATE KEY       the same with TLS
"""

import http.server
import json
import os
import socketserver
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def echo(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = {
            "method": self.command, "path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode()}
        self.answer(200, json.dumps(said).encode(), Content_Type="application/json")

    def do_GET(self):
        match self.path:
            case "/echo":
                self.echo()
            case "/problem":
                self.answer(409, b'{"code":"TAKEN"}', Content_Type="application/problem+json")
            case "/elsewhere":
                self.answer(302, b"", Location="/echo")
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"a part")
                self.close_connection = True
            case "/nothing":
                self.close_connection = True
            case "/silent":
                print("silent", flush=True)
                self.connection.recv(1)  # until the client goes away
                print("gone", flush=True)
                self.close_connection = True
            case "/large":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for number in range(2_000):
                        piece = bytes([number % 256]) * 50_000
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    print("gone", flush=True)
                    self.close_connection = True
            case _:
                self.answer(404, b"")

    def do_POST(self):
        match self.path:
            case "/nothing":
                self.close_connection = True
            case "/taken":
                self.rfile.read(int(self.headers["Content-Length"]))
                self.close_connection = True
            case _:
                self.echo()

    do_PUT = do_PATCH = do_DELETE = echo

    def handle_expect_100(self):
        match self.path:
            case "/nothing":
                self.close_connection = True
                return False
            case "/refused":
                self.answer(503, b"")
                self.close_connection = True
                return False
            case _:
                return super().handle_expect_100()

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()

    def address_string(self):
        return "client"

    def log_message(self, *_):
        pass


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


where, *tls = sys.argv[1:]
if where == "0":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
else:
    # The folder's path may be too long for an address.
    folder = os.open(os.path.dirname(where), os.O_RDONLY)
    server = Unix(f"/proc/self/fd/{folder}/{os.path.basename(where)}", Handler)
    print(where, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
