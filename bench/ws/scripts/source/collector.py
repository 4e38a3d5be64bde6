# Collects messages and prints what they have cost: messages, bytes, seconds of CPU time.
import asyncio
import os
import sys
import time

import websockets


async def collect(url, warm, count):
    socket = await websockets.connect(url, compression=None)
    for _ in range(warm):
        await socket.recv()
    collected, began = 0, time.process_time()
    for _ in range(count):
        collected += len(await socket.recv())
    print(count, collected, time.process_time() - began, flush=True)
    os._exit(0)


asyncio.run(collect(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
