"""A peer for the interop tests: aiohttp with permessage-deflate, which agrees to what the client offers.

The same paths as in node_deflate.mjs but "bytes?", and the same words on standard output.
"""

import asyncio
import os
import sys
import threading

from aiohttp import WSMsgType, web


async def echo(request):
    ws = web.WebSocketResponse(max_msg_size=64 << 20)
    await ws.prepare(request)
    async for message in ws:
        if message.type == WSMsgType.TEXT:
            await ws.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await ws.send_bytes(message.data)
    return ws


async def bomb(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    await ws.send_bytes(bytes(int(request.query["size"])))
    async for _ in ws:
        pass
    return ws


async def main():
    app = web.Application()
    app.add_routes([web.get("/echo", echo), web.get("/bomb", bomb)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print("listening", site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main())
