"""A peer for the interop tests: an echo server on Python's ssl, which is OpenSSL, with websockets for the protocol alone.

It tells on its standard output what the websockets library hides: "listening PORT", then for each connection "refused
WHY" if the TLS handshake failed, or "ended HOW CODE": "close_notify" if the client ended TLS as RFC 8446 §6.1 wants it,
"cut" if it did not, with the code of the client's close frame. With --first it is the one that ends TLS when the closing
handshake is done, and "answered" means that the client's close_notify came back. --keylog names a file for its side of the
TLS secrets. It ends when its standard input does.
"""

import argparse
import os
import socket
import ssl
import sys
import threading

from websockets.frames import Opcode

try:
    from websockets.server import ServerProtocol  # from 11 on
except ImportError:
    from websockets.server import ServerConnection as ServerProtocol

parser = argparse.ArgumentParser()
parser.add_argument("cert")
parser.add_argument("key")
parser.add_argument("--client-ca")
parser.add_argument("--version", default="TLSv1_3")
parser.add_argument("--keylog")
parser.add_argument("--first", action="store_true")
arguments = parser.parse_args()

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(arguments.cert, arguments.key)
context.minimum_version = context.maximum_version = ssl.TLSVersion[arguments.version]
if arguments.keylog:
    context.keylog_filename = arguments.keylog
if arguments.client_ca:
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(arguments.client_ca)


def talk(tcp):
    """Speaks with one client and tells how it began or ended."""
    try:
        tls = context.wrap_socket(tcp, server_side=True, suppress_ragged_eofs=False)
    except OSError as refusal:
        say("refused", refusal)
        return
    protocol = ServerProtocol()
    close_code = None
    try:
        while True:
            data = tls.recv(1 << 16)
            if not data:
                say("ended", "close_notify", close_code)
                tls.close()
                return
            protocol.receive_data(data)
            for event in protocol.events_received():
                if not hasattr(event, "opcode"):
                    protocol.send_response(protocol.accept(event))
                elif event.opcode is Opcode.TEXT:
                    protocol.send_text(event.data)
                elif event.opcode is Opcode.CLOSE:
                    close_code = int.from_bytes(event.data[:2], "big")
            for part in protocol.data_to_send():
                if part:
                    tls.sendall(part)
                elif arguments.first:  # an empty part asks to end TCP; else that is left to the client, to see how it does it
                    tls.unwrap().close()
                    say("ended", "answered", close_code)
                    return
    except OSError as end:
        say("ended", "cut", close_code, end)


def say(*words):
    print(*words, flush=True)


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0))
say("listening", listener.getsockname()[1])
while True:
    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
