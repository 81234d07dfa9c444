import { HEADER_NAME } from "../scheme.js";
import { kindOf } from "../text.js";
import { VerifiedRequest } from "../verified-request.js";
import { verifierOf } from "../verifier-of.js";
import { rawBodyOf } from "./raw-body.js";

const NAME = HEADER_NAME.toLowerCase();

export async function verifyNodeRequest(request, key, options) {
  return verifyWith(request, verifierOf(key, options));
}

export async function verifyWith(request, { verifier, maxBody }) {
  if (typeof request?.on !== "function" || typeof request.headers !== "object") {
    const hint = typeof request?.raw?.on === "function" ? "; pass request.raw" : "; for the Fetch API's there is verifyRequest";
    throw new TypeError(`the request must be one of node:http, not ${kindOf(request)}${hint}`);
  }
  // Says what is wrong with the header before it waits for a stranger's body.
  const stream = verifier.stream(signaturesOf(request));
  const body = await rawBodyOf(request, maxBody, (chunk) => stream.update(chunk));
  return new VerifiedRequest(stream.finish(), body);
}

/** Every value of the header: `request.headers` joins them, and would hide a second one from a proxy's logs. */
function signaturesOf({ rawHeaders, headers }) {
  if (!Array.isArray(rawHeaders)) return headers[NAME];
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === NAME);
}
