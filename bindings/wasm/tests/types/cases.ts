/** What must compile, and what must not. */

import { readFileSync } from "node:fs";
import {
  HEADER_NAME,
  HookSealError,
  InvalidKeyError,
  Key,
  PROTECTED_HEADER,
  sign,
  Signer,
  VerificationError,
  Verifier,
  verifyRequest,
  type Body,
  type KeyFormat,
  type SharedKey,
  type Signature,
  type VerificationCode,
  type Verified,
  type VerifierOptions,
} from "hookseal";
import { explain, type Explanation } from "hookseal/explain";

const bodies: Body[] = ["text", new Uint8Array(1), Buffer.from(""), new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), readFileSync("a")];
bodies.push(new SharedArrayBuffer(1), new Uint16Array(1));
// @ts-expect-error a parsed object
bodies.push({ severity: "warning" });
// @ts-expect-error nothing
bodies.push(undefined);
// @ts-expect-error numbers
bodies.push([1, 2, 3]);

const keys: SharedKey[] = ["text", new Uint8Array(32), Key.fromHex("")];
// @ts-expect-error a JWK
keys.push({ kty: "oct", k: "" });
// @ts-expect-error what an environment variable may be
keys.push(process.env.HOOKSEAL_SHARED_KEY);

const signatures: Signature[] = [null, undefined, "", ["a"], new Uint8Array(1), new Headers().get(HEADER_NAME)];
const ofNode: string | string[] | undefined = ["a"];
signatures.push(ofNode);
// @ts-expect-error the headers themselves
signatures.push(new Headers());

const verifier = new Verifier("key");
new Verifier(["new", new Uint8Array(32), Key.fromUtf8("old")], { keyFormat: "auto", policy: "rfc7797", allowWeakKey: true });
const readonlyKeys: readonly string[] = ["a"];
new Verifier(readonlyKeys, { keyFormat: undefined });
// @ts-expect-error no such option
new Verifier("key", { keyformat: "jwk" });
// @ts-expect-error no such format
new Verifier("key", { keyFormat: "utf-8" });
// @ts-expect-error no such policy
new Verifier("key", { policy: "any" });
// @ts-expect-error several keys go in an array
new Verifier("key", "old key");
// @ts-expect-error no key
new Verifier();

const verified: Verified = verifier.verify("body", null);
const index: number = verified.keyIndex;
const format: KeyFormat = verified.keyFormat;
const kid: unknown = verified.headerParameters.kid;
// @ts-expect-error it is nobody's to change
verified.keyIndex = 1;
// @ts-expect-error the signature is missing
verifier.verify("body");

const stream = verifier.stream("value");
stream.update(new Uint8Array(1));
const ofStream: Verified = stream.finish();
const dropped: string[] = verifier.dropped.map(({ keyIndex, keyFormat, code, message }) => `${keyIndex} ${keyFormat} ${code} ${message}`);

const value: string = sign("body", "key", { keyFormat: "hex" });
const ofSigner: string = new Signer(Key.fromBytes(new Uint8Array(32))).sign(new Uint8Array(1));
const signing = new Signer("key").stream();
signing.update("a");
const ofSigning: string = signing.finish();
// @ts-expect-error signing never guesses
sign("body", "key", { keyFormat: "auto" });
// @ts-expect-error signing has one key
sign("body", ["key"]);

// @ts-expect-error keys are made by their makers
new Key();
// @ts-expect-error text is read in a format
Key.fromBytes("text");

try {
  verifier.verify("", "");
} catch (error) {
  if (error instanceof VerificationError) {
    const code: VerificationCode = error.code;
    // @ts-expect-error a code of keys
    if (error.code === "weak_key") throw error;
    const status: number = error.httpStatus;
    const hint: string = error.hint;
    void [code, status, hint];
  } else if (error instanceof InvalidKeyError) {
    const code: "weak_key" | "invalid_key" | "no_usable_key" = error.code;
    const base: HookSealError = error;
    const ofAll: Error = base;
    void [code, ofAll];
  }
}

async function handler(request: Request): Promise<Response> {
  const delivery = await verifyRequest(request, "key", { maxBody: 1024, policy: "rfc7797" });
  const body: Uint8Array<ArrayBuffer> = delivery.body;
  const text: string = delivery.text();
  await verifyRequest(request, verifier, { maxBody: 1024 });
  // @ts-expect-error these are the Verifier's
  await verifyRequest(request, verifier, { policy: "rfc7797" });
  return new Response(body, { headers: { [HEADER_NAME]: text, at: String(delivery.keyIndex + delivery.json().id) } });
}

const explanation: Explanation = explain(["key", new Uint8Array(1)], "body", undefined, { keyFormat: "jwk" } satisfies VerifierOptions);
const causes: string[] = explanation.causes.map(({ id, family, found, fix, detail }) => `${id}${family}${found}${fix}${detail["style"]}`);
const fixed: '{"alg":"HS256","b64":false,"crit":["b64"]}' = PROTECTED_HEADER;
void [index, format, kid, ofStream, dropped, value, ofSigner, ofSigning, handler, causes, fixed, signatures];
