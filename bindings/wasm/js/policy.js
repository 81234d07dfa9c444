import { shown } from "./text.js";

const POLICIES = ["fixed", "rfc7797"];

/** Whether a policy takes any header that RFC 7797 allows. */
export function policyOf(name) {
  if (POLICIES.includes(name)) return name === "rfc7797";
  throw new TypeError(`policy must be ${POLICIES.join(" or ")}, not ${shown(name)}`);
}
