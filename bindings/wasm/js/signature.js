import { multipleSignatures, missingSignature } from "./refusal.js";
import { octetsOf } from "./octets.js";
import { kindOf } from "./text.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The header's one value, in whatever form a framework hands it out: a text or octets, nothing where the header is
 * missing, or an array of all the values there are.
 */
export function singleSignature(signature) {
  if (typeof signature === "string") return signature;
  if (!Array.isArray(signature)) return valueOf(signature);
  if (signature.length === 0) throw missingSignature();
  if (signature.length > 1) throw multipleSignatures(signature.length);
  return valueOf(signature[0]);
}

/** All the values as one, as HTTP joins them. */
export const joinedSignatures = (signature) =>
  Array.isArray(signature) ? signature.map(valueOf).join(", ") : valueOf(signature);

function valueOf(value) {
  if (typeof value === "string") return value;
  // The core calls an empty value missing.
  if (value === undefined || value === null) return "";
  let octets;
  try {
    octets = octetsOf(value);
  } catch {
    octets = undefined;
  }
  if (octets) return decoder.decode(octets);
  const hint = typeof value === "object" && typeof value.get === "function" ? "; pass headers.get('X-JWS-Signature')" : "";
  throw new TypeError(
    "the signature must be the header's value (a string, undefined or null where it is missing) or an array of its values, " +
      `not ${kindOf(value)}${hint}`,
  );
}
