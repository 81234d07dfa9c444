import { VerificationError } from "../errors.js";
import { kindOf } from "../text.js";
import { verifierOf } from "../verifier-of.js";
import { verifyWith } from "./request.js";

/**
 * Whoever runs the application learns why, with NODE_DEBUG=hookseal; the sender learns the code.
 *
 * The module is not required: bundlers leave `require` in modules where there is none.
 */
const debug = process.getBuiltinModule?.("node:util").debuglog("hookseal") ?? (() => {});

export function signedDelivery(key, options) {
  const { onRefused, ...judge } = verifierOf(key, options, { onRefused: undefined });
  if (onRefused !== undefined && typeof onRefused !== "function") {
    throw new TypeError(`onRefused must be a function, not ${kindOf(onRefused)}`);
  }

  /** Whether the request may go on. */
  async function admit(request, response) {
    try {
      handOn(request, await verifyWith(request, judge));
      return true;
    } catch (error) {
      const refused = error instanceof VerificationError;
      if (!refused && error.code !== "request_aborted") throw error;
      debug("refused a delivery to %j: %s (%s). %s", request.originalUrl ?? request.url, error.message, error.code, error.hint);
      onRefused?.(error, request);
      if (refused) answer(response, error);
      return false;
    }
  }

  return function signedDelivery(request, response, next) {
    if (typeof next !== "function") {
      throw new TypeError("signedDelivery(key) makes a middleware (request, response, next); next must be a function");
    }
    admit(request, response).then((admitted) => admitted && next(), next);
  };
}

function handOn(request, delivery) {
  request.hookseal = delivery;
  // What a parser made of the raw octets that it kept stays.
  if (request.rawBody === undefined || request.body === undefined) request.body = delivery.body;
  request.rawBody = delivery.body;
  // body-parser 1 looks here, and leaves alone what was read.
  request._body = true;
}

function answer(response, { httpStatus, code }) {
  const body = JSON.stringify({ code });
  response.writeHead(httpStatus, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}
