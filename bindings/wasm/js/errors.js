/** What hookseal has to say against a delivery or a key. Its text never holds a key or an expected signature. */
export class HookSealError extends Error {
  constructor({ code, httpStatus, message, hint }) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
    this.hint = hint;
  }

  get name() {
    return "HookSealError";
  }
}

/** The delivery is refused: it does not prove that its sender has the shared key. */
export class VerificationError extends HookSealError {
  get name() {
    return "VerificationError";
  }
}

/** The key cannot be used: it is malformed, empty or under 32 octets. */
export class InvalidKeyError extends HookSealError {
  get name() {
    return "InvalidKeyError";
  }
}
