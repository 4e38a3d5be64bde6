// Collects messages and prints what they have cost: messages, bytes, seconds of CPU time.
const [url, warm, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const WebSocket = require("ws");
let messages = 0, bytes = 0, began;

const socket = new WebSocket(url, { perMessageDeflate: false });
socket.on("message", (data) => {
  messages++;
  bytes += data.length;
  if (messages === warm) {
    bytes = 0;
    began = process.cpuUsage();
  } else if (messages === warm + count) {
    const used = process.cpuUsage(began);
    console.log(count, bytes, (used.user + used.system) / 1e6);
    process.exit(0);
  }
});
