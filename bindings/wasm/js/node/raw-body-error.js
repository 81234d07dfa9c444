/** The raw body is not there to be verified. Nothing is said against the delivery: something before us took the body. */
export class RawBodyError extends Error {
  constructor({ code, httpStatus, message, hint }) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
    this.hint = hint;
  }

  get name() {
    return "RawBodyError";
  }
}

const MOUNT_FIRST = "Let hookseal see the request before anything else reads its body";

export const bodyParsed = (what, fix) =>
  new RawBodyError({
    code: "body_parsed",
    httpStatus: 500,
    message: `${what}: a body parser ran before, and the raw octets that the signature covers are gone`,
    hint: fix,
  });

/** What a body parser left in `request.body`. */
export const parsedByMiddleware = (body) =>
  bodyParsed(
    `request.body is ${typeof body === "string" ? "a string" : "an object"} already`,
    `${MOUNT_FIRST}: mount express.json() after it or on other paths. Or keep the raw body: express.raw({ type: "*/*" }), or ` +
      "express.json({ verify: (request, response, raw) => { request.rawBody = raw } }).",
  );

export const bodyConsumed = (what) =>
  new RawBodyError({
    code: "body_consumed",
    httpStatus: 500,
    message: `${what}, and the raw octets that the signature covers are gone`,
    hint: `${MOUNT_FIRST}, or keep what was read, as a Buffer, in request.rawBody.`,
  });

export const requestAborted = () =>
  new RawBodyError({
    code: "request_aborted",
    httpStatus: 400,
    message: "the sender hung up before the whole body was there",
    hint: "Nobody is left to be answered. A sender that waits for an answer sends the delivery again.",
  });
