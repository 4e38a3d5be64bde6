"""A peer for the interop tests that says what it is told to, legal or not.

Query parameters of the target: "extensions" is a Sec-WebSocket-Extensions field of the answer, each one that is given;
"hex" the bytes that follow the answer. It then reads until the client ends TCP. It prints "listening PORT", and ends when
its standard input does.
"""

import base64
import hashlib
import os
import re
import socket
import sys
import threading
from urllib.parse import parse_qs, urlsplit

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def talk(conn):
    request = b""
    while b"\r\n\r\n" not in request:
        request += conn.recv(1 << 16)
    query = parse_qs(urlsplit(request.split(b" ")[1].decode()).query)
    key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", request).group(1)
    fields = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: " + base64.b64encode(hashlib.sha1(key + GUID).digest()).decode(),
        *("Sec-WebSocket-Extensions: " + value for value in query.get("extensions", [])),
    ]
    try:
        conn.sendall(("\r\n".join(["HTTP/1.1 101 Switching Protocols", *fields]) + "\r\n\r\n").encode())
        conn.sendall(bytes.fromhex("".join(query.get("hex", []))))
        while conn.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    conn.close()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0))
print("listening", listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
