// The services that the example programs use: a feed, a chat service with a compressed gateway, JSON-RPC, an exchange. It
// prints "ready PORT" once it listens, and ends when its standard input does. What its clients did wrong it prints, too.

import crypto from 'node:crypto';
import http from 'node:http';
import zlib from 'node:zlib';
import { WebSocketServer } from 'ws';

const [token, key, secret] = process.argv.slice(2);
const websockets = new WebSocketServer({ noServer: true });

function wrong(text) {
  console.log(`wrong: ${text}`);
}

// The feed has 20 trades, and loses its connection behind some of them: cleanly, with a reset, in the middle of a frame.
const feed = {
  trades: Array.from({ length: 20 }, (_, i) => ({ op: 'trade', id: i + 1, symbol: i % 2 ? 'ETH' : 'BTC', price: `${i}.5` })),
  losses: new Map([
    [5, (ws) => ws.close(1012, 'restart')],
    [9, (ws) => ws._socket.resetAndDestroy()],
    [14, (ws) => ws._socket.end(Buffer.from([0x81, 0x20, 0x7b]))],
  ]),
};

function serveFeed(ws) {
  ws.on('message', (data) => {
    const order = JSON.parse(data);
    if (order.op !== 'subscribe' || !Array.isArray(order.symbols)) wrong(`feed: ${data}`);
    for (const trade of feed.trades.slice(Math.max(0, order.since - 1))) { // one of them twice
      if (!order.symbols.includes(trade.symbol)) continue;
      ws.send(JSON.stringify(trade));
      const lose = feed.losses.get(trade.id);
      if (lose && trade.id > order.since) {
        feed.losses.delete(trade.id);
        setTimeout(lose, 20, ws); // or a reset would take the trade with it
        return;
      }
    }
    ws.send(JSON.stringify({ op: 'end' }));
  });
}

// The gateway sends one stream of zlib for each connection, flushed behind each event, in messages of at most 40 bytes.
const gateway = { connections: 0, posted: 0, interval: 50 };

function serveGateway(ws, query) {
  if (query.get('compress') !== 'zlib-stream') wrong('gateway: no zlib-stream');
  const deflate = zlib.createDeflate({ flush: zlib.constants.Z_SYNC_FLUSH });
  const number = ++gateway.connections;
  let sequence = 0;
  const send = (op, d, t = null) => deflate.write(JSON.stringify({ op, d, t, s: op === 0 ? ++sequence : null }));
  let pending = Buffer.alloc(0);
  deflate.on('data', (part) => {
    pending = Buffer.concat([pending, part]);
    while (pending.length > 0) {
      ws.send(pending.subarray(0, 40));
      pending = pending.subarray(40);
    }
  });
  const say = (content) => send(0, { channel: '7', content }, 'MESSAGE_CREATE');
  const handlers = {
    1() {
      send(11, null);
    },
    2(data) {
      if (number !== 1 || data.token !== `Bot ${token}`) wrong(`gateway: identify on connection ${number}`);
      send(0, { session_id: 'the session', user: 'bot', text: 'é☃'.repeat(100) }, 'READY');
      say('hello');
      say('!ping');
    },
    6(data) {
      if (data.session_id !== 'the session' || data.seq !== number + 1) wrong(`gateway: resume ${JSON.stringify(data)}`);
      sequence = data.seq;
      send(0, {}, 'RESUMED');
      if (number === 2) setTimeout(send, 3 * gateway.interval, 7, null);
      else say('!ping');
    },
  };
  ws.on('message', (data) => {
    const event = JSON.parse(data);
    handlers[event.op](event.d);
  });
  gateway.current = ws;
  send(10, { heartbeat_interval: gateway.interval });
}

// posted takes the bot's answers: behind the first the connection breaks, behind the second the gateway closes.
function posted(body) {
  if (body.content !== 'pong' || !/^[0-9a-f-]{36}$/.test(body.nonce)) wrong(`posted: ${JSON.stringify(body)}`);
  gateway.posted++;
  setTimeout(() => {
    if (gateway.posted === 1) gateway.current._socket.resetAndDestroy();
    else gateway.current.close(1000, 'the end');
  }, 20);
  return { id: String(gateway.posted) };
}

// JSON-RPC answers later calls first.
function serveRPC(ws) {
  let delay = 100;
  ws.on('message', (data) => {
    const { id, method, params } = JSON.parse(data);
    const answer = (rest) => ws.send(JSON.stringify({ jsonrpc: '2.0', id, ...rest }));
    if (method === 'square') setTimeout(answer, (delay -= 15), { result: params[0] ** 2 });
    else if (method !== 'silence') answer({ error: { code: -32601, message: `no method ${method}` } });
  });
}

const sign = (text) => crypto.createHmac('sha256', secret).update(text).digest('hex');

function serveOrders(ws) {
  ws.on('message', (data) => {
    const order = JSON.parse(data);
    if (order.key !== key || order.signature !== sign(`orders${order.time}`)) {
      wrong(`orders: ${data}`);
      ws.close(4001, 'bad signature');
      return;
    }
    ws.send('{"id": 9007199254740993, "side": "buy", "amount": "0.1", "price": "101.5"}');
    ws.send('{"id": 1234567890123456789, "side": "sell", "amount": "2", "price": "102"}');
    ws.close(1000);
  });
}

const routes = {
  'GET /api/gateway': (request) => {
    if (request.headers.authorization !== `Bot ${token}`) return [401, { problem: 'a token is wanted' }];
    return [200, { url: `ws://127.0.0.1:${server.address().port}/gateway` }];
  },
  'POST /api/channels/7/messages': (request, body) => [200, posted(JSON.parse(body))],
  'POST /exchange/login': (request) => {
    const query = request.url.slice(request.url.indexOf('?') + 1);
    const fields = new URLSearchParams(query);
    const fresh = Math.abs(Date.now() - Number(fields.get('time'))) < 60_000;
    if (fields.get('key') !== key || !fresh || request.headers['x-signature'] !== sign(query)) {
      return [403, { problem: 'bad signature' }];
    }
    return [200, { token: 'of the session' }];
  },
};

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const route = routes[`${request.method} ${request.url.split('?')[0]}`];
    const [status, answer] = route ? route(request, Buffer.concat(chunks).toString()) : [404, { problem: 'nothing is here' }];
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
});

const sockets = {
  '/feed': serveFeed,
  '/gateway': serveGateway,
  '/rpc': serveRPC,
  '/exchange/orders': serveOrders,
};

server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url, 'ws://peer');
  if (pathname === '/exchange/orders' && request.headers.authorization !== 'Bearer of the session') {
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  socket.on('error', () => {}); // of the cut ones
  websockets.handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => {});
    sockets[pathname](ws, searchParams);
  });
});

server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
