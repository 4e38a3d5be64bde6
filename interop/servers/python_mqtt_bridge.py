"""A peer for the interop tests: WebSocket before the TCP port of an MQTT broker, in the worst way that MQTT allows.

The path says how the broker's bytes are cut into messages (MQTT 3.1.1 §6: packets may begin and end anywhere): /bytes
sends each byte as a message, /lumps gathers for a while, so that several packets share one. It takes the broker's port,
prints "listening PORT", and ends when its standard input does.
"""

import asyncio
import os
import sys
import threading

import websockets

LUMP_SECONDS = 0.05
broker_port = int(sys.argv[1])


async def bridge(ws):
    reader, writer = await asyncio.open_connection("127.0.0.1", broker_port)

    async def downstream():
        while True:
            if ws.path == "/lumps":
                await asyncio.sleep(LUMP_SECONDS)
            data = await reader.read(1 << 16)
            if not data:
                break
            if ws.path == "/bytes":
                for byte in data:
                    await ws.send(bytes([byte]))
            else:
                await ws.send(data)
        await ws.close()

    pump = asyncio.create_task(downstream())
    try:
        async for message in ws:
            if isinstance(message, str):  # MQTT 3.1.1 §6.0-1
                await ws.close(1003, "not binary")
                break
            writer.write(message)
    finally:
        writer.close()
        await pump


async def main():
    server = await websockets.serve(bridge, "127.0.0.1", 0, subprotocols=["mqtt"])
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_stdin, daemon=True).start()
asyncio.run(main())
