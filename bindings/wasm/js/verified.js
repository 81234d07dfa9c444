import { nameOf } from "./key-format.js";

const NONE = Object.freeze({});

/** What a valid signature proves: the module's answer, and under rfc7797 what the header says besides. */
export function verified(answer, value, rfc7797) {
  return {
    keyIndex: answer >> 3,
    keyFormat: nameOf(answer & 7),
    headerParameters: rfc7797 ? headerParameters(value) : NONE,
  };
}

/** The module has checked the header: it is an object, no name stands there twice, and the signature covers it. */
function headerParameters(value) {
  const base64 = value.slice(0, value.indexOf(".")).replaceAll("-", "+").replaceAll("_", "/");
  const octets = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const parameters = JSON.parse(new TextDecoder().decode(octets));
  for (const name of ["alg", "b64", "crit"]) delete parameters[name];
  return parameters;
}
