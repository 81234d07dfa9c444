import { kindOf } from "./text.js";

/** What a verifier takes, and what it is unless told. */
export const VERIFIER_OPTIONS = { keyFormat: "auto", policy: "fixed", allowWeakKey: false };

/** The options, with their defaults. A name that is not one of them is a mistake that would go unnoticed. */
export function optionsOf(given, defaults) {
  if (given === undefined) return defaults;
  if (!isPlain(given)) {
    throw new TypeError(`the options must be a plain object, not ${kindOf(given)}`);
  }
  const options = { ...defaults };
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new TypeError(`there is no option ${JSON.stringify(name)}; there are ${Object.keys(defaults).join(", ")}`);
    }
    if (given[name] !== undefined) options[name] = given[name];
  }
  if ("allowWeakKey" in options && typeof options.allowWeakKey !== "boolean") {
    throw new TypeError(`allowWeakKey must be true or false, not ${kindOf(options.allowWeakKey)}`);
  }
  return options;
}

/** Whether it is an object literal, of whatever realm: a second Key or a Map would go unnoticed, since neither has such names. */
function isPlain(object) {
  if (typeof object !== "object" || object === null) return false;
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
