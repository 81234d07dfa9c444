import { Collected } from "../collected.js";
import { bodyTooLarge } from "../refusal.js";
import { bodyConsumed, parsedByMiddleware, requestAborted } from "./raw-body-error.js";

/**
 * The raw body of a request: what somebody kept of it, or what there is to read. `take` gets its pieces as they come.
 */
export async function rawBodyOf(request, maxBody, take) {
  const body = keptBody(request);
  if (body === undefined) return read(request, maxBody, take);
  if (body.length > maxBody) throw bodyTooLarge(maxBody);
  take(body);
  return body;
}

/** The raw body where it was read before; undefined where it is still to be read. */
function keptBody(request) {
  const { rawBody, body } = request;
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
  }
  if (typeof rawBody === "string") return Buffer.from(rawBody);
  if (request.readableEncoding) throw bodyConsumed("request.setEncoding() has the body decoded");
  if (!request.readableDidRead) {
    // A parser that read to the end and found nothing leaves an empty object.
    return request.readableEnded ? Buffer.alloc(0) : undefined;
  }
  if (body !== undefined && body !== null) throw parsedByMiddleware(body);
  if (!request.readableEnded && request.destroyed) throw requestAborted();
  throw bodyConsumed("the request's body was read before");
}

/**
 * Reads to the end. A body that is refused half-way is let go by and not kept, so that the sender gets to read the answer:
 * a connection that is closed with unread octets is reset.
 */
function read(request, maxBody, take) {
  // Before the first octet.
  if (Number(request.headers["content-length"]) > maxBody) return Promise.reject(bodyTooLarge(maxBody));
  if (request.destroyed) return Promise.reject(requestAborted());
  return new Promise((resolve, reject) => {
    const body = new Collected(maxBody);
    const listeners = {
      data(chunk) {
        try {
          body.push(chunk);
          take(chunk);
        } catch (error) {
          settle(reject, error);
          request.resume();
        }
      },
      end: () => settle(resolve, Buffer.from(body.whole().buffer)),
      close: () => settle(reject, requestAborted()),
      error: () => settle(reject, requestAborted()),
    };
    const settle = (how, value) => {
      for (const [event, listener] of Object.entries(listeners)) request.off(event, listener);
      how(value);
    };
    for (const [event, listener] of Object.entries(listeners)) request.on(event, listener);
  });
}
