"""A peer for the interop tests: the websockets library with permessage-deflate.

The same paths and query parameters as in node_deflate.mjs, and the same words on standard output.
"""

import asyncio
import logging
import os
import sys
import threading
from urllib.parse import parse_qsl, urlsplit

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

NAMES = {
    "serverNoContextTakeover": ("server_no_context_takeover", "true".__eq__),
    "clientNoContextTakeover": ("client_no_context_takeover", "true".__eq__),
    "serverMaxWindowBits": ("server_max_window_bits", int),
    "clientMaxWindowBits": ("client_max_window_bits", int),
}


class Connection(websockets.WebSocketServerProtocol):
    received = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.available_extensions = []

    async def process_request(self, path, headers):
        query = parse_qsl(urlsplit(path).query)
        settings = {NAMES[name][0]: NAMES[name][1](value) for name, value in query if name in NAMES}
        self.available_extensions.append(ServerPerMessageDeflateFactory(**settings))

    def data_received(self, data):
        self.received += len(data)
        super().data_received(data)


async def behave(ws):
    parts = urlsplit(ws.path)
    if parts.path == "/bomb":
        await ws.send(bytes(int(dict(parse_qsl(parts.query))["size"])))
    try:
        async for message in ws:
            await ws.send(str(ws.received) if message == "bytes?" else message)
    except websockets.ConnectionClosed:
        pass  # peers that vanish are what the tests are about


async def main():
    server = await websockets.serve(
        behave, "127.0.0.1", 0, create_protocol=Connection, max_size=64 << 20, ping_interval=None, compression=None
    )
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


logging.disable(logging.CRITICAL)  # cut connections are expected
threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main())
