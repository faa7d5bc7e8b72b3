// Makes the connections that standard input asks for, one after the other, and reports what it saw.
//
// In: {port, servername, ca, connections: [{name, options, resume}]}; options are those of tls.connect.
// Out: {name: [{cipher, reused, user, received, keyLog, error}, …]}, two of them where `resume` is set.

import { readFileSync } from "node:fs";
import tls from "node:tls";

const { port, servername, ca, connections } = JSON.parse(readFileSync(0, "utf8"));

function talk(options, session) {
  return new Promise((resolve) => {
    const seen = { received: "", keyLog: "" };
    let kept;
    const socket = tls.connect({
      host: "127.0.0.1",
      port,
      servername,
      ca,
      session,
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
      ...options,
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error("silence")));
    socket.on("keylog", (line) => (seen.keyLog += line));
    socket.on("session", (session) => (kept = session));
    socket.on("secureConnect", () => {
      seen.cipher = socket.getCipher().standardName;
      seen.reused = socket.isSessionReused();
      socket.write("ping");
    });
    socket.on("data", (data) => (seen.received += data));
    socket.on("error", (error) => (seen.error = String(error)));
    socket.on("close", () => resolve({ seen, session: kept }));
  });
}

const report = {};
for (const { name, options, resume } of connections) {
  const first = await talk(options);
  report[name] = [first.seen];
  if (resume) report[name].push((await talk(options, first.session)).seen);
}
console.log(JSON.stringify(report));
