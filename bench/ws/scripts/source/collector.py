# Collects messages. Prints "begins" after those to warm up, and at the end what the others have cost: messages, bytes,
# seconds of CPU time, seconds elapsed.
import asyncio
import os
import sys
import time

import websockets


async def collect(url, warm, count):
    socket = await websockets.connect(url, compression=None)
    for _ in range(warm):
        await socket.recv()
    print("begins", flush=True)
    collected, computed, began = 0, time.process_time(), time.perf_counter()
    for _ in range(count):
        collected += len(await socket.recv())
    print(count, collected, time.process_time() - computed, time.perf_counter() - began, flush=True)
    os._exit(0)


asyncio.run(collect(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
