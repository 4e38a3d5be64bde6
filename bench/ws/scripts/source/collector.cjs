// Collects messages. Prints "begins" after those to warm up, and at the end what the others have cost: messages, bytes,
// seconds of CPU time, seconds elapsed.
const [url, warm, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const WebSocket = require("ws");
let messages = 0, bytes = 0, computed, began;

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on("message", (data) => {
  messages++;
  bytes += data.length;
  if (messages === warm) {
    console.log("begins");
    bytes = 0;
    computed = process.cpuUsage();
    began = performance.now();
  } else if (messages === warm + count) {
    const elapsed = performance.now() - began;
    const used = process.cpuUsage(computed);
    console.log(count, bytes, (used.user + used.system) / 1e6, elapsed / 1e3);
    process.exit(0);
  }
});
