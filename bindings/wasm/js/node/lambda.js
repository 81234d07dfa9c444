import { bodyTooLarge } from "../refusal.js";
import { HEADER_NAME } from "../scheme.js";
import { kindOf } from "../text.js";
import { VerifiedRequest } from "../verified-request.js";
import { verifierOf } from "../verifier-of.js";
import { bodyParsed } from "./raw-body-error.js";

const NAME = HEADER_NAME.toLowerCase();

export function verifyLambdaEvent(event, key, options) {
  const { verifier, maxBody } = verifierOf(key, options);
  if (typeof event !== "object" || event === null || !(event.headers || event.multiValueHeaders)) {
    throw new TypeError(
      `the event must be an HTTP request of API Gateway, a load balancer or a function URL, not ${kindOf(event)} without headers`,
    );
  }
  const body = bodyOf(event);
  if (body.length > maxBody) throw bodyTooLarge(maxBody);
  return new VerifiedRequest(verifier.verify(body, signaturesOf(event)), body);
}

/** The octets that the sender sent; the gateway may have encoded them. */
function bodyOf({ body, isBase64Encoded }) {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body !== "string") {
    throw bodyParsed(
      `event.body is ${kindOf(body)} already`,
      "Verify first. middy: put what verifies before httpJsonBodyParser(). API Gateway: use a proxy integration, which hands the body on as it came.",
    );
  }
  if (!isBase64Encoded) return Buffer.from(body);
  const octets = Buffer.from(body, "base64");
  if (octets.toString("base64") !== body) {
    throw new TypeError("event.isBase64Encoded is true, and event.body is not base64; pass the event as Lambda gave it");
  }
  return octets;
}

/** Every value of the header. A gateway spells names as it likes, and gives all values or joins them. */
function signaturesOf({ headers, multiValueHeaders }) {
  const values = valuesIn(multiValueHeaders);
  return values.length > 0 ? values : valuesIn(headers);
}

function valuesIn(headers) {
  return Object.entries(headers ?? {})
    .filter(([name, value]) => name.toLowerCase() === NAME && value !== undefined && value !== null)
    .flatMap(([, value]) => value);
}
