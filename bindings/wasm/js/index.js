export { HookSealError, InvalidKeyError, VerificationError } from "./errors.js";
export { Key } from "./key.js";
export { verifyRequest } from "./request.js";
export { HEADER_NAME, PROTECTED_HEADER } from "./scheme.js";
export { sign, Signer } from "./signer.js";
export { Verifier } from "./verifier.js";
