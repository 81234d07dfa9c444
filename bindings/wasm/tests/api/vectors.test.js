/** Every vector of test-vectors/. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidKeyError, Key, sign, Signer, VerificationError, Verifier } from "hookseal";

import { bodyOf, INVALID, inPieces, KEYS, thrownBy, VALID } from "./support.js";

const MAKERS = {
  jwk: Key.fromJwkK,
  "jwk-lenient": Key.fromJwkKLenient,
  utf8: Key.fromUtf8,
  base64: Key.fromBase64,
  hex: Key.fromHex,
  bytes: (hex, options) => Key.fromBytes(Buffer.from(hex, "hex"), options),
};

const optionsOf = (vector) => ({ allowWeakKey: vector.allow_weak_key ?? false });

function keyOf(vector) {
  const make = MAKERS[vector.key.format];
  assert.ok(make, `unknown format ${vector.key.format}`);
  return make(vector.key.value, optionsOf(vector));
}

function verifierOf(vector) {
  const options = { policy: vector.policy };
  return vector.key.format === "auto"
    ? new Verifier(vector.key.value, { ...options, ...optionsOf(vector) })
    : new Verifier(keyOf(vector), options);
}

/** What every way of verifying says; they must agree. */
function verify(vector) {
  const verifier = verifierOf(vector);
  const body = bodyOf(vector);
  const { signature } = vector;
  const streamed = (size) => () => {
    const stream = verifier.stream(signature);
    for (const piece of inPieces(body, size)) stream.update(piece);
    return stream.finish();
  };
  const ways = [
    () => verifier.verify(body, signature),
    () => verifier.verify(new Uint8Array(body).buffer, Buffer.from(signature)),
    () => verifier.verify(new DataView(new Uint8Array(body).buffer), [signature]),
    streamed(7),
    streamed(100_000),
  ];
  if (Object.hasOwn(vector.body, "utf8")) ways.push(() => verifier.verify(vector.body.utf8, signature));
  const [first, ...others] = ways.map((way) => {
    try {
      return way();
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return error;
    }
  });
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

describe("valid.json", () => {
  for (const vector of VALID) {
    test(vector.id, () => {
      const verified = verify(vector);
      assert.ok(!(verified instanceof Error), verified);
      const { format } = vector.key;
      assert.equal(verified.keyIndex, 0);
      assert.equal(verified.keyFormat, vector.key_format ?? format);
      assert.deepEqual(Object.entries(verified.headerParameters), Object.entries(vector.header_parameters ?? {}));
      if (!vector.signs) return;
      const body = bodyOf(vector);
      const values = [];
      if (format === "auto") {
        values.push(sign(body, vector.key.value, { keyFormat: vector.key_format, ...optionsOf(vector) }));
      } else {
        values.push(sign(body, keyOf(vector)), new Signer(keyOf(vector)).sign(body));
        if (format !== "bytes") values.push(sign(body, vector.key.value, { keyFormat: format, ...optionsOf(vector) }));
      }
      assert.deepEqual(values, values.map(() => vector.signature));
    });
  }
});

describe("invalid.json", () => {
  for (const vector of INVALID) {
    test(vector.id, () => {
      const error = verify(vector);
      assert.ok(error instanceof VerificationError, "it verifies");
      assert.equal(error.code, vector.code);
    });
  }
});

/** Shows a key by what it signs. */
const PROBE = "what a key signs shows which it is";
const signatureBy = (hex) => sign(PROBE, Key.fromBytes(Buffer.from(hex, "hex"), { allowWeakKey: true }));

describe("keys.json", () => {
  for (const vector of KEYS.filter(({ key }) => key.format !== "auto")) {
    test(vector.id, () => {
      if (vector.result === "invalid") {
        const error = thrownBy(() => keyOf(vector));
        assert.ok(error instanceof InvalidKeyError, error);
        assert.equal(error.code, vector.code);
        return;
      }
      const key = keyOf(vector);
      assert.equal(key.format, vector.key.format);
      assert.equal(sign(PROBE, key), signatureBy(vector.hex));
    });
  }
  for (const vector of KEYS.filter(({ key }) => key.format === "auto")) {
    test(vector.id, () => {
      if (vector.result === "invalid") {
        const error = thrownBy(() => verifierOf(vector));
        assert.ok(error instanceof InvalidKeyError, error);
        assert.equal(error.code, vector.code);
        assert.equal(vector.dropped.length, 2);
        return;
      }
      const verifier = verifierOf(vector);
      assert.deepEqual(
        verifier.dropped.map(({ keyFormat, code }) => ({ format: keyFormat, code })),
        vector.dropped,
      );
      for (const { format, hex } of vector.readings) {
        assert.equal(verifier.verify(PROBE, signatureBy(hex)).keyFormat, format);
      }
      const { message } = thrownBy(() => verifier.verify(PROBE, signatureBy("5a".repeat(99))));
      const tried = ["does not match the key", "matches none of the 2 readings of the keys"][vector.readings.length - 1];
      assert.equal(message, `the signature ${tried}`);
    });
  }
});
