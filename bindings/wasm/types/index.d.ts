/** A body: the raw octets of a request as they were on the wire, or a string, which is taken as UTF-8. */
export type Body = ArrayBufferView | ArrayBufferLike | string;

/**
 * A shared key: a string is taken as it stands in the platform's settings, octets are the key itself, and a {@link Key}
 * is ready.
 */
export type SharedKey = string | ArrayBufferView | ArrayBufferLike | Key;

/**
 * The value of `X-JWS-Signature`, as a framework hands it out: a string or octets, `null` or `undefined` where the header
 * is missing, or an array of all its values, of which there must be one.
 */
export type Signature =
  | string
  | ArrayBufferView
  | ArrayBufferLike
  | null
  | undefined
  | readonly (string | ArrayBufferView | ArrayBufferLike | null | undefined)[];

/** How a shared key that is text is read. */
export type TextKeyFormat = "jwk" | "jwk-lenient" | "utf8" | "base64" | "hex";

/** How a key was read. */
export type KeyFormat = TextKeyFormat | "bytes";

/** The codes of {@link VerificationError}, the same in every language that hookseal speaks. */
export type VerificationCode =
  | "missing_signature"
  | "multiple_signatures"
  | "malformed_compact"
  | "payload_not_detached"
  | "invalid_base64url"
  | "invalid_header_json"
  | "duplicate_header_parameter"
  | "unsupported_alg"
  | "b64_not_false"
  | "crit_missing_b64"
  | "unsupported_crit"
  | "header_not_allowed"
  | "invalid_signature_length"
  | "signature_mismatch"
  | "body_too_large";

/** The codes of {@link InvalidKeyError}. */
export type KeyCode = "weak_key" | "invalid_key" | "no_usable_key";

export interface KeyOptions {
  /** Takes a key under 32 octets, which an attacker can search for. An empty one is never taken. */
  allowWeakKey?: boolean | undefined;
}

export interface SignerOptions extends KeyOptions {
  /** How a shared key that is a string is read; `"jwk"` unless told, since signing never guesses. */
  keyFormat?: TextKeyFormat | undefined;
}

export interface VerifierOptions extends KeyOptions {
  /**
   * How shared keys that are strings are read: `"auto"`, the default, holds both readings that senders give them (`"jwk"`,
   * then `"utf8"`), as many of them as give at least 32 octets.
   */
  keyFormat?: TextKeyFormat | "auto" | undefined;
  /** `"fixed"`, the default, takes the platform's own protected header alone, `"rfc7797"` any that RFC 7797 allows. */
  policy?: "fixed" | "rfc7797" | undefined;
}

export interface VerifyRequestOptions extends VerifierOptions {
  /** The largest body that is read, in octets; 1 MiB unless told. */
  maxBody?: number | undefined;
}

/** The name of the HTTP header that carries the signature. Header names are case-insensitive. */
export const HEADER_NAME: "X-JWS-Signature";

/** The protected header of every signature the platform makes, octet for octet. */
export const PROTECTED_HEADER: '{"alg":"HS256","b64":false,"crit":["b64"]}';

/**
 * The `X-JWS-Signature` of a body: the octets exactly as they will be sent.
 *
 * Throws {@link InvalidKeyError} when the key cannot be used, and a TypeError for a body that was parsed.
 *
 * @example
 * const sharedKey = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
 * const value = sign("$.02", sharedKey);
 * assert.equal(
 *   value,
 *   "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY",
 * );
 */
export function sign(body: Body, sharedKey: SharedKey, options?: SignerOptions): string;

/**
 * Makes `X-JWS-Signature` values with one key, for any number of bodies.
 *
 * @example
 * const signer = new Signer("a shared key of at least 32 octets", { keyFormat: "utf8" });
 * assert.equal(signer.sign("{}").length, 101);
 */
export class Signer {
  constructor(sharedKey: SharedKey, options?: SignerOptions);

  /** The header's value for a body: the octets exactly as they will be sent. */
  sign(body: Body): string;

  /**
   * Signs a body that comes in pieces.
   *
   * @example
   * const signer = new Signer("a shared key of at least 32 octets", { keyFormat: "utf8" });
   * const stream = signer.stream();
   * stream.update("{");
   * stream.update("}");
   * assert.equal(stream.finish(), signer.sign("{}"));
   */
  stream(): SignStream;
}

/** A signature in the making; see {@link Signer.stream}. */
export interface SignStream {
  /** Takes the next octets of the body. */
  update(chunk: Body): void;
  /** The header's value for all that was taken. */
  finish(): string;
}

/**
 * Verifies `X-JWS-Signature` values. Make one, and use it for every delivery.
 *
 * Several keys, in an array, are how keys are rotated: a delivery is valid when one of them signed it.
 *
 * Throws {@link InvalidKeyError} when a key cannot be used.
 *
 * @example
 * const verifier = new Verifier("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
 * const signature =
 *   "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
 * assert.equal(verifier.verify("$.02", signature).keyFormat, "jwk");
 * assert.throws(() => verifier.verify("$.03", signature), { code: "signature_mismatch", httpStatus: 401 });
 */
export class Verifier {
  constructor(sharedKeys: SharedKey | readonly SharedKey[], options?: VerifierOptions);

  /**
   * Verifies the raw octets of a body against the header's value.
   *
   * Throws {@link VerificationError}, whose `code` says why, and a TypeError for a body that was parsed.
   */
  verify(body: Body, signature: Signature): Verified;

  /**
   * Verifies a body that comes in pieces. The header's value is checked here, the signature in `finish`.
   *
   * @example
   * const key = Key.fromUtf8("a shared key of at least 32 octets");
   * const stream = new Verifier(key).stream(sign("{}", key));
   * stream.update("{");
   * stream.update("}");
   * assert.equal(stream.finish().keyIndex, 0);
   */
  stream(signature: Signature): VerifyStream;

  /** The readings of the shared keys that cannot be used, and why. */
  get dropped(): readonly DroppedReading[];
}

/** A verification under way; see {@link Verifier.stream}. */
export interface VerifyStream {
  /** Takes the next octets of the body. */
  update(chunk: Body): void;
  /** Compares the signature with that of all that was taken; throws {@link VerificationError} unless they are the same. */
  finish(): Verified;
}

/** What a valid signature proves. */
export interface Verified {
  /** The key's place among the verifier's, counted from 0. Two readings of one shared key have the same. */
  readonly keyIndex: number;
  /** How the key was read. */
  readonly keyFormat: KeyFormat;
  /** The protected header's members besides `alg`, `b64` and `crit`; none under the policy `"fixed"`. */
  readonly headerParameters: { readonly [name: string]: unknown };
}

/** A reading of a shared key that cannot be used, and why. */
export interface DroppedReading {
  /** Which of the shared keys, counted from 0. */
  readonly keyIndex: number;
  readonly keyFormat: KeyFormat;
  readonly code: "weak_key" | "invalid_key";
  readonly message: string;
}

/**
 * A key, read in one known way. `sign` and `Verifier` take shared keys as they are; a Key says more, or is kept.
 *
 * Every maker throws {@link InvalidKeyError} for a key under 32 octets (`weak_key`) unless it is allowed by name.
 *
 * @example
 * assert.equal(Key.fromHex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff").format, "hex");
 * assert.equal(Key.fromUtf8("too short", { allowWeakKey: true }).format, "utf8");
 * assert.throws(() => Key.fromJwkK("JWS-SYMMETRIC-KEY"), { code: "invalid_key" });
 */
export class Key {
  private constructor();

  /** The `k` of a JWK, base64url-decoded (RFC 7518 §6.4.1), as the vendor's recipe reads a shared key. */
  static fromJwkK(k: string, options?: KeyOptions): Key;
  /** As `fromJwkK`, but a malformed string gives the very key that the vendor's recipe makes of it. */
  static fromJwkKLenient(k: string, options?: KeyOptions): Key;
  /** The string's own octets in UTF-8. */
  static fromUtf8(text: string, options?: KeyOptions): Key;
  /** Standard base64 (RFC 4648 §4), with complete padding or none. */
  static fromBase64(text: string, options?: KeyOptions): Key;
  /** Hexadecimal in either case. */
  static fromHex(text: string, options?: KeyOptions): Key;
  /** The key's raw octets. */
  static fromBytes(octets: ArrayBufferView | ArrayBufferLike, options?: KeyOptions): Key;

  /** How the key was read. */
  get format(): KeyFormat;
}

/** A request whose signature is valid, with its raw octets: they were read from the request, which has none left. */
export interface VerifiedRequest extends Verified {
  /** The raw octets that the signature covers. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body as UTF-8 text. */
  text(): string;
  /** The body parsed as JSON. */
  json(): any;
}

/**
 * Verifies a request of the Fetch API, as frameworks and edge runtimes hand it out, and gives its body back.
 *
 * Rejects with {@link VerificationError}; a TypeError says that the body was read before. A header value that cannot be
 * valid is refused before the body is read.
 *
 * @example
 * const sharedKey = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
 * const body = '{"severity":"warning"}';
 * const request = new Request("https://example.org/webhooks", {
 *   method: "POST",
 *   headers: { "X-JWS-Signature": sign(body, sharedKey) },
 *   body,
 * });
 * const delivery = await verifyRequest(request, sharedKey);
 * assert.equal(delivery.json().severity, "warning");
 */
export function verifyRequest(
  request: Request,
  key: SharedKey | readonly SharedKey[],
  options?: VerifyRequestOptions,
): Promise<VerifiedRequest>;
export function verifyRequest(
  request: Request,
  verifier: Verifier,
  options?: Pick<VerifyRequestOptions, "maxBody">,
): Promise<VerifiedRequest>;

/** What hookseal has to say against a delivery or a key. Its text never holds a key or an expected signature. */
export class HookSealError extends Error {
  protected constructor();
  /** The stable name of what is wrong. */
  readonly code: VerificationCode | KeyCode;
  /** The status to answer with: 401, 400 or 413, and 500 where the receiver's own key is at fault. */
  readonly httpStatus: number;
  /** The likely culprit and what to do about it: for whoever runs the receiver, never for the sender. */
  readonly hint: string;
}

/** The delivery is refused: it does not prove that its sender has the shared key. */
export class VerificationError extends HookSealError {
  protected constructor();
  readonly code: VerificationCode;
}

/** The key cannot be used: it is malformed, empty or under 32 octets. */
export class InvalidKeyError extends HookSealError {
  protected constructor();
  readonly code: KeyCode;
  /** The place of the key among several that a {@link Verifier} was given, counted from 0; undefined where there is one. */
  readonly keyIndex?: number;
}
