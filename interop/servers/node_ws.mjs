// A peer for the interop tests: the ws library, with one behaviour for each path. The table of paths is in ../doc.go
// and holds for every peer. It prints "ready PLAIN-PORT TLS-PORT" once it listens, and ends when its standard input does.

import { readFileSync } from 'node:fs';
import http, { STATUS_CODES } from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';

const [certFile, keyFile] = process.argv.slice(2);
const subprotocols = ['beta', 'gamma'];
const maxPayload = 64 << 20;
const pushAhead = 1 << 16; // bytes that wait in the server while it pushes; the rest waits in TCP or in the peer
const backlog = 2048; // a script opens 1,000 connections at once

const rawSockets = new Map(); // remote port → TCP socket below TLS, which alone can be cut without close_notify
const stalled = new Map(); // key → what ends the stall of a connection that does not read
const verdicts = new Map(); // key → promise of how the witnessed connection ended

const websockets = new WebSocketServer({ noServer: true, maxPayload, handleProtocols });

function handleProtocols(offered, request) {
  if (address(request).pathname === '/protocol/rogue') return 'rogue';
  return subprotocols.find((name) => offered.has(name)) ?? false;
}

function address(request) {
  return new URL(request.url, 'ws://peer');
}

// What happens instead of an opening handshake.
const refusals = {
  '/refuse'(socket, query) {
    const status = Number(query.get('status') ?? 403);
    const body = (query.get('body') ?? 'no entry').repeat(Number(query.get('times') ?? 1));
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        'Retry-After: 7\r\nX-Reason: first\r\nX-Reason: second\r\nLocation: /elsewhere\r\nConnection: close\r\n' +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  },
  '/silent'() {},
  '/hangup'(socket) {
    socket.end();
  },
};

// What happens on an open connection.
const behaviours = {
  '/echo'(ws) {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  },
  '/protocol/choose': (ws) => ws.send(ws.protocol || '(none)'),
  '/protocol/rogue'() {},
  '/headers'(ws, { request }) {
    const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\n`);
    ws.send(lines.join('') + `target: ${request.url}\n`);
  },
  '/close'(ws, { query }) {
    if (query.has('code')) ws.close(Number(query.get('code')), query.get('reason') ?? '');
    else ws.close();
  },
  '/close/after'(ws) {
    ws.on('message', (data, isBinary) => {
      ws.send(data, { binary: isBinary });
      if (String(data) === 'last') ws.close(3001, 'that was the last');
    });
  },
  async '/push'(ws, { query }) {
    const count = Number(query.get('count'));
    const size = Number(query.get('size') ?? 0);
    if (query.has('wait')) await new Promise((resolve) => ws.once('message', resolve));
    for (let i = 1; i <= count && ws.readyState === ws.OPEN; i++) {
      const written = new Promise((resolve) => ws.send(`${i}:`.padEnd(size, '.'), resolve));
      if (ws.bufferedAmount > pushAhead) await written;
    }
    ws.close(1000, 'pushed');
  },
  '/ping'(ws) {
    ws.on('pong', (payload) => {
      ws.send(`pong ${payload}`);
      ws.close(1000);
    });
    ws.ping('are you there');
  },
  '/fragments'(ws) {
    ws.send('one ', { fin: false });
    ws.ping('between');
    ws.send('', { fin: false });
    ws.send('two ', { fin: false });
    ws.send('three', { fin: true });
    ws.on('pong', () => ws.close(1000));
  },
  '/raw'(ws, { query, request }) {
    ws.on('error', () => {}); // what the client answers comes after the bytes below and may find us closed
    request.socket.write(Buffer.from(query.get('hex'), 'hex'));
  },
  '/drop/fin': (ws, { request }) => ws.once('message', () => request.socket.end()),
  '/drop/cut': (ws, { tcp }) => ws.once('message', () => tcp.destroy()),
  '/drop/reset': (ws, { tcp }) => ws.once('message', () => tcp.resetAndDestroy()),
  '/stall'(ws, { query, tcp }) {
    let messages = 0;
    let bytes = 0;
    ws.pause();
    stalled.set(query.get('key'), { resume: () => ws.resume(), reset: () => tcp.resetAndDestroy() });
    ws.on('close', () => stalled.delete(query.get('key')));
    ws.on('message', (data, isBinary) => {
      if (!isBinary && String(data) === 'count?') return ws.send(`${messages} ${bytes}`);
      messages++;
      bytes += data.length;
    });
    ws.send('stalled');
  },
  '/resume'(ws, { query }) {
    stalled.get(query.get('key')).resume();
    ws.close(1000);
  },
  '/reset'(ws, { query }) {
    stalled.get(query.get('key')).reset();
    ws.close(1000);
  },
  '/witness'(ws, { query }) {
    let messages = 0;
    verdicts.set(
      query.get('key'),
      new Promise((resolve) => ws.on('close', (code, reason) => resolve(`${code} ${messages} ${reason}`))),
    );
    ws.on('message', () => messages++);
    ws.send('witnessed');
  },
  async '/verdict'(ws, { query }) {
    ws.send(await verdicts.get(query.get('key')));
    ws.close(1000);
  },
};

function onUpgrade(request, socket, head) {
  socket.on('error', () => {}); // peers that vanish are what the tests are about
  const { pathname, searchParams: query } = address(request);
  const refusal = refusals[pathname];
  if (refusal) return refusal(socket, query);
  const behaviour = behaviours[pathname];
  if (!behaviour) return socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  websockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => {});
    behaviour(ws, { query, request, tcp: rawSockets.get(socket.remotePort) });
  });
}

async function listen(server) {
  server.on('connection', (tcp) => {
    const port = tcp.remotePort;
    rawSockets.set(port, tcp);
    tcp.on('error', () => {});
    tcp.on('close', () => rawSockets.delete(port));
  });
  server.on('upgrade', onUpgrade);
  await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0, backlog }, resolve));
  return server.address().port;
}

const plain = await listen(http.createServer());
const tls = await listen(https.createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }));
console.log(`ready ${plain} ${tls}`);
process.stdin.resume().on('end', () => process.exit(0));
