import { optionsOf, VERIFIER_OPTIONS } from "./options.js";
import { kindOf } from "./text.js";
import { Verifier } from "./verifier.js";

const MAX_BODY = 1024 * 1024;

/**
 * What verifies a whole request: a verifier, ready or made of the shared key and the options, and the largest body.
 *
 * `own` are the options besides, with their defaults.
 */
export function verifierOf(key, options, own = {}) {
  const { keyFormat, policy, allowWeakKey, maxBody, ...rest } = optionsOf(options, {
    ...VERIFIER_OPTIONS,
    maxBody: MAX_BODY,
    ...own,
  });
  if (!(typeof maxBody === "number" && maxBody >= 0)) {
    throw new TypeError(`maxBody must be a number of octets, not ${typeof maxBody === "number" ? maxBody : kindOf(maxBody)}`);
  }
  const verifier = key instanceof Verifier ? key : new Verifier(key, { keyFormat, policy, allowWeakKey });
  const late = key === verifier ? Object.keys(VERIFIER_OPTIONS).filter((name) => options?.[name] !== undefined) : [];
  if (late.length > 0) throw new TypeError(`${late.join(", ")} must be given to the Verifier`);
  return { verifier, maxBody, ...rest };
}
