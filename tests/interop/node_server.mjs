// Serves on a port of its own, which it prints, and tells each client what it saw of it.
//
// In, as the first line: options of tls.createServer. To each client, for what it says:
// {cipher, reused, authorized, user, received, keyLog}

import { createInterface } from "node:readline";
import tls from "node:tls";

const input = createInterface({ input: process.stdin });
const options = JSON.parse((await input[Symbol.asyncIterator]().next()).value);
const keyLogs = new WeakMap();
const sessions = new Map();

const server = tls.createServer(
  { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", dhparam: "auto", ...options },
  (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const certificate = socket.getPeerCertificate();
      const seen = {
        cipher: socket.getCipher().standardName,
        reused: socket.isSessionReused(),
        authorized: socket.authorized,
        user: certificate?.raw?.toString("hex") ?? "",
        received: data.toString(),
        keyLog: keyLogs.get(socket) ?? "",
      };
      socket.end(JSON.stringify(seen));
    });
  },
);
server.on("keylog", (line, socket) => keyLogs.set(socket, (keyLogs.get(socket) ?? "") + line));
server.on("newSession", (id, session, done) => {
  sessions.set(id.toString("hex"), session);
  done();
});
server.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
