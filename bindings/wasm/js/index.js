export { HookSealError, InvalidKeyError, VerificationError } from "./errors.js";
export { Key } from "./key.js";
export { verifyRequest } from "./request.js";
export { sign, Signer } from "./signer.js";
export { Verifier } from "./verifier.js";

/** The name of the HTTP header that carries the signature. */
export const HEADER_NAME = "X-JWS-Signature";

/** The protected header of every signature the platform makes. */
export const PROTECTED_HEADER = '{"alg":"HS256","b64":false,"crit":["b64"]}';
