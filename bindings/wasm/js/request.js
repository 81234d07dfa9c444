import { Collected } from "./collected.js";
import { bodyTooLarge } from "./refusal.js";
import { HEADER_NAME } from "./scheme.js";
import { kindOf } from "./text.js";
import { VerifiedRequest } from "./verified-request.js";
import { verifierOf } from "./verifier-of.js";

export async function verifyRequest(request, key, options) {
  const { verifier, maxBody } = verifierOf(key, options);
  const headers = request?.headers;
  if (typeof headers?.get !== "function" || typeof request.arrayBuffer !== "function") {
    throw new TypeError(
      `the request must be a Request of the Fetch API, not ${kindOf(request)}; for Node's http and Express there is hookseal/node`,
    );
  }
  if (request.bodyUsed || request.body?.locked) {
    throw new TypeError("the request's body was read before: verify first, and read the body that comes with the verdict");
  }
  // Says what is wrong with the header before it waits for a stranger's body.
  const stream = verifier.stream(headers.get(HEADER_NAME));
  const body = await read(request, maxBody, (chunk) => stream.update(chunk));
  return new VerifiedRequest(stream.finish(), body);
}

/** The whole body, and each piece of it as it comes. */
async function read(request, maxBody, take) {
  if (Number(request.headers.get("Content-Length")) > maxBody) {
    letGo(request.body);
    throw bodyTooLarge(maxBody);
  }
  const stream = request.body;
  if (stream === undefined) {
    // Firefox does not stream the bodies of requests.
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > maxBody) throw bodyTooLarge(maxBody);
    take(body);
    return body;
  }
  const body = new Collected(maxBody);
  const reader = stream?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    try {
      if (!(value instanceof Uint8Array)) throw new TypeError(`the request's body comes in pieces that are ${kindOf(value)}, not Uint8Arrays`);
      body.push(value);
      take(value);
    } catch (error) {
      letGo(reader);
      throw error;
    }
  }
  return body.whole();
}

/** Ends a body that is not wanted. The answer does not wait for that, and is the same where it fails. */
function letGo(body) {
  body?.cancel().catch(() => {});
}
