// The same as codecs.lua, with Node's own functions.
const crypto = require("crypto"), zlib = require("zlib");

let seed = 1, text = "";
for (let i = 1; i <= 20000; i++) {
  seed = seed * 16807 % 2147483647;
  text += `{"type":"trade","id":${i},"price":"${seed % 70000}.${String(seed % 100).padStart(2, "0")}","side":"${
    seed % 2 === 0 ? "buy" : "sell"}"}\n`;
}
const data = Buffer.from(text), request = data.subarray(0, 200);
const base64 = data.toString("base64"), deflated = zlib.deflateRawSync(data);

function measure(name, bytes, f) {
  let times = 1, best = Infinity;
  const run = () => {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < times; i++) f();
    return Number(process.hrtime.bigint() - begin) / 1e9;
  };
  while (run() < 0.1) times *= 2;
  for (let i = 0; i < 3; i++) best = Math.min(best, run() / times);
  console.log([name, "node", bytes / best / 1e6].join("\t"));
}

measure("sha256", data.length, () => crypto.createHash("sha256").update(data).digest());
measure("hmac of 200 bytes", request.length, () => crypto.createHmac("sha256", "key").update(request).digest());
measure("base64.encode", data.length, () => data.toString("base64"));
measure("base64.decode", data.length, () => Buffer.from(base64, "base64"));
measure("inflate", data.length, () => zlib.inflateRawSync(deflated));
