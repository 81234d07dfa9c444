import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";

import { sign } from "hookseal";

export const SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/** Octets that no text parser would hand on as they are: white space, key order, and not UTF-8 in a string. */
export const BODY = Buffer.from('{ "b":1,\r\n "a":"\xff\xfe" }\n', "latin1");
export const JSON_BODY = Buffer.from('{ "z": 1.0,\n  "a": "\\u00e9" }\n');

/** Serves an application or a listener for the length of a test; returns its URL. */
export async function serve(t, listener) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Sends a delivery, signed unless told otherwise; returns the status and the body of the answer. */
export async function send(url, body = JSON_BODY, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-JWS-Signature": sign(body, SHARED_KEY), ...headers },
    body,
  });
  return [response.status, await response.text()];
}

/** Writes octets to a server, and returns all that it answers until it closes, or until `enough` of it is there. */
export async function exchange(url, pieces, enough) {
  const socket = connect(new URL(url).port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1");
  const done = new Promise((resolve, reject) => {
    socket.on("data", (text) => {
      answer += text;
      if (enough?.test(answer)) resolve();
    });
    socket.on("close", resolve);
    socket.on("error", reject);
  });
  for (const piece of pieces) socket.write(piece);
  await done;
  socket.destroy();
  return answer;
}
