"""A peer for the interop tests: the websockets library, with one behaviour for each path.

The table of paths is in ../doc.go and holds for every peer. It prints "ready PLAIN-PORT TLS-PORT" once it listens, and
ends when its standard input does.
"""

import asyncio
import http
import logging
import os
import resource
import socket
import ssl
import struct
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.frames import Close

SUBPROTOCOLS = ["beta", "gamma"]
MAX_MESSAGE = 64 << 20
BACKLOG = 2048  # a script opens 1,000 connections at once

stalled = {}  # key → connection that does not read
verdicts = {}  # key → future of how the witnessed connection ended


class Query:
    def __init__(self, target):
        parts = urlsplit(target)
        self.path = parts.path
        self._values = parse_qs(parts.query, keep_blank_values=True)

    def get(self, name, default=None):
        return self._values.get(name, [default])[0]


class Connection(websockets.WebSocketServerProtocol):
    async def process_request(self, path, headers):
        """What happens instead of an opening handshake."""
        query = Query(path)
        if query.path == "/refuse":
            fields = [("Retry-After", "7"), ("X-Reason", "first"), ("X-Reason", "second"), ("Location", "/elsewhere")]
            body = query.get("body", "no entry") * int(query.get("times", "1"))
            return http.HTTPStatus(int(query.get("status", "403"))), fields, body.encode()
        if query.path == "/silent":
            await self.wait_closed_by_peer()
        if query.path == "/hangup":
            self.transport.close()
            await self.wait_closed_by_peer()
        if query.path not in BEHAVIOURS:
            return http.HTTPStatus.NOT_FOUND, [], b""
        return None

    async def wait_closed_by_peer(self):
        while not self.reader.at_eof():
            await self.reader.read(1)
        raise ConnectionResetError("the handshake was not to be answered")

    def process_subprotocol(self, headers, available_subprotocols):
        if Query(self.path).path == "/protocol/rogue":
            return "rogue"
        offered = [name.strip() for value in headers.get_all("Sec-WebSocket-Protocol") for name in value.split(",")]
        return next((name for name in SUBPROTOCOLS if name in offered), None)


async def echo(ws, query):
    async for message in ws:
        await ws.send(message)


async def protocol_choose(ws, query):
    await ws.send(ws.subprotocol or "(none)")
    await ws.wait_closed()


async def hold(ws, query):
    await ws.wait_closed()


async def headers(ws, query):
    lines = [f"{name.lower()}: {value}\n" for name, value in ws.request_headers.raw_items()]
    await ws.send("".join(lines) + f"target: {ws.path}\n")
    await ws.wait_closed()


async def close(ws, query):
    if query.get("code"):
        await ws.close(int(query.get("code")), query.get("reason", ""))
    else:
        await ws.write_close_frame(Close(1005, ""), b"")  # the library's own close always has a code
        await ws.wait_closed()


async def close_after(ws, query):
    async for message in ws:
        await ws.send(message)
        if message == "last":
            await ws.close(3001, "that was the last")


async def push(ws, query):
    size = int(query.get("size", "0"))
    if query.get("wait"):
        await ws.recv()
    for i in range(1, int(query.get("count")) + 1):
        await ws.send(f"{i}:".ljust(size, "."))
    await ws.close(1000, "pushed")


async def ping(ws, query):
    await (await ws.ping("are you there"))
    await ws.send("pong are you there")
    await ws.close(1000)


async def fragments(ws, query):
    answered = None

    async def parts():
        nonlocal answered
        yield "one "
        answered = await ws.ping("between")
        yield ""
        yield "two "
        yield "three"

    await ws.send(parts())
    await answered
    await ws.close(1000)


async def raw(ws, query):
    ws.transport.write(bytes.fromhex(query.get("hex")))
    await ws.wait_closed()


async def drop_fin(ws, query):
    await ws.recv()
    ws.transport.close()  # over TLS it sends close_notify first


async def drop_cut(ws, query):
    await ws.recv()
    ws.transport.abort()


async def drop_reset(ws, query):
    await ws.recv()
    reset_tcp(ws)


def reset_tcp(ws):
    linger = struct.pack("ii", 1, 0)  # on, 0 s: closing sends RST
    ws.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    ws.transport.abort()


async def stall(ws, query):
    ws.transport.pause_reading()
    stalled[query.get("key")] = ws
    await ws.send("stalled")
    messages = size = 0
    async for message in ws:
        if message == "count?":
            await ws.send(f"{messages} {size}")
            continue
        messages += 1
        size += len(message)


async def resume(ws, query):
    stalled.pop(query.get("key")).transport.resume_reading()
    await ws.close(1000)


async def reset(ws, query):
    reset_tcp(stalled.pop(query.get("key")))
    await ws.close(1000)


async def witness(ws, query):
    verdict = verdicts[query.get("key")] = asyncio.get_running_loop().create_future()
    await ws.send("witnessed")
    messages = 0
    try:
        async for _ in ws:
            messages += 1
    except websockets.ConnectionClosed:
        pass
    verdict.set_result(f"{ws.close_code} {messages} {ws.close_reason}")


async def verdict(ws, query):
    await ws.send(await verdicts[query.get("key")])
    await ws.close(1000)


BEHAVIOURS = {
    "/echo": echo,
    "/protocol/choose": protocol_choose,
    "/protocol/rogue": hold,
    "/headers": headers,
    "/close": close,
    "/close/after": close_after,
    "/push": push,
    "/ping": ping,
    "/fragments": fragments,
    "/raw": raw,
    "/drop/fin": drop_fin,
    "/drop/cut": drop_cut,
    "/drop/reset": drop_reset,
    "/stall": stall,
    "/resume": resume,
    "/reset": reset,
    "/witness": witness,
    "/verdict": verdict,
}


async def behave(ws):
    query = Query(ws.path)
    try:
        await BEHAVIOURS[query.path](ws, query)
    except websockets.ConnectionClosed:
        pass  # peers that vanish are what the tests are about


async def listen(tls):
    server = await websockets.serve(
        behave,
        "127.0.0.1",
        0,
        ssl=tls,
        create_protocol=Connection,
        backlog=BACKLOG,
        max_size=MAX_MESSAGE,
        ping_interval=None,
        compression=None,
    )
    return server, server.sockets[0].getsockname()[1]


async def main(cert_file, key_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    plain, plain_port = await listen(None)
    tls, tls_port = await listen(context)
    print("ready", plain_port, tls_port, flush=True)
    await asyncio.Future()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # a soft limit of 1,024 is common and too low for a crowd
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
logging.disable(logging.CRITICAL)  # failed handshakes and cut connections are expected
threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main(*sys.argv[1:]))
