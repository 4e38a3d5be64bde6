// The same as modules.lua, with Node's own functions.
const crypto = require("crypto"), http = require("http"), zlib = require("zlib");

let seed = 1, text = "";
for (let i = 1; i <= 20000; i++) {
  seed = seed * 16807 % 2147483647;
  text += `{"type":"trade","id":${i},"price":"${seed % 70000}.${String(seed % 100).padStart(2, "0")}","side":"${
    seed % 2 === 0 ? "buy" : "sell"}"}\n`;
}
const data = Buffer.from(text), request = data.subarray(0, 200);
const base64 = data.toString("base64"), deflated = zlib.deflateRawSync(data);

function started() {
  const wall = process.hrtime.bigint(), cpu = process.cpuUsage();
  return (name, who, amount) => {
    const used = process.cpuUsage(cpu), took = Number(process.hrtime.bigint() - wall) / 1e9;
    console.log([name, who, amount, took, (used.user + used.system) / 1e6].join("\t"));
  };
}

function measure(name, bytes, f) {
  let times = 1;
  for (;; times *= 2) {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < times; i++) f();
    if (process.hrtime.bigint() - begin > 100_000_000n) break;
  }
  const done = started();
  for (let i = 0; i < times; i++) f();
  done(name, "Node", bytes * times);
}

measure("sha256", data.length, () => crypto.createHash("sha256").update(data).digest());
measure("hmac", request.length, () => crypto.createHmac("sha256", "key").update(request).digest());
measure("base64.encode", data.length, () => data.toString("base64"));
measure("base64.decode", data.length, () => Buffer.from(base64, "base64"));
measure("inflate", data.length, () => zlib.inflateRawSync(deflated));

async function takeTurns(times) {
  const turns = async () => { for (let i = 0; i < times / 2; i++) await null; };
  await Promise.all([turns(), turns()]);
}

async function startMany(count) {
  const add = async (x) => { await null; return x + 1; };
  const made = [];
  for (let i = 0; i < count; i++) made.push(add(i));
  await Promise.all(made);
}

function check(status, body) {
  if (status !== 200 || body.length !== 200) throw new Error(`status ${status}, ${body.length} bytes`);
}

async function fetchOne(url) {
  const response = await fetch(url);
  check(response.status, await response.text());
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });

function getOne(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => body += part).on("end", () => {
        check(response.statusCode, body);
        resolve();
      });
    }).on("error", reject);
  });
}

async function requests(count, one) {
  const some = async () => { for (let i = 0; i < count / 10; i++) await one(process.argv[2]); };
  await Promise.all(Array.from({ length: 10 }, some));
}

(async () => {
  await takeTurns(1000);
  let done = started();
  for (let i = 0; i < 10; i++) await takeTurns(100000);
  done("switches", "Node", 1000000);
  done = started();
  for (let i = 0; i < 10; i++) await startMany(10000);
  done("starts", "Node", 100000);
  for (const [who, one] of [["Node", getOne], ["Node's fetch", fetchOne]]) {
    await requests(100, one);
    done = started();
    await requests(1000, one);
    done("requests", who, 1000);
  }
  agent.destroy();
})();
