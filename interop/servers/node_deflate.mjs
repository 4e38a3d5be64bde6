// A peer for the interop tests: the ws library with permessage-deflate. Query parameters of the URL set the extension up
// for that connection. It prints "listening PORT", and ends when its standard input does.
//
//   /echo   sends every message back; "bytes?" is answered with the bytes that TCP has received so far
//   /bomb?size  sends that many zero bytes as one message
//   ?off        leaves the extension out

import http from 'node:http';
import { WebSocketServer } from 'ws';

const servers = new Map(); // query → the WebSocketServer set up as it says

function serverFor(query) {
  const key = query.toString();
  if (!servers.has(key)) {
    const perMessageDeflate = query.has('off') ? false : { threshold: 0 };
    for (const name of ['serverNoContextTakeover', 'clientNoContextTakeover']) {
      if (query.has(name)) perMessageDeflate[name] = query.get(name) === 'true';
    }
    for (const name of ['serverMaxWindowBits', 'clientMaxWindowBits']) {
      if (query.has(name)) perMessageDeflate[name] = Number(query.get(name));
    }
    servers.set(key, new WebSocketServer({ noServer: true, perMessageDeflate, maxPayload: 64 << 20 }));
  }
  return servers.get(key);
}

const server = http.createServer();
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  const { pathname, searchParams: query } = new URL(request.url, 'ws://peer');
  serverFor(query).handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => {});
    if (pathname === '/bomb') return ws.send(Buffer.alloc(Number(query.get('size'))));
    ws.on('message', (data, isBinary) => {
      if (!isBinary && String(data) === 'bytes?') return ws.send(String(socket.bytesRead));
      ws.send(data, { binary: isBinary });
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
