/** Whatever comes: a typed error that says what is wrong, and a module that goes on working. */

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { HookSealError, InvalidKeyError, Key, sign, Signer, VerificationError, Verifier, verifyRequest } from "hookseal";

import { BODY, SHARED_KEY, SIGNATURE, thrownBy } from "./support.js";

const VERIFIER = new Verifier(SHARED_KEY);

afterEach(() => {
  assert.equal(VERIFIER.verify(BODY, SIGNATURE).keyFormat, "jwk");
});

/** What verifying at once and in pieces say. */
function codeOf(signature, body = BODY) {
  const streamed = () => {
    const stream = VERIFIER.stream(signature);
    stream.update(body);
    stream.finish();
  };
  const [code, other] = [() => VERIFIER.verify(body, signature), streamed].map((call) => {
    const error = thrownBy(call);
    assert.ok(error instanceof VerificationError, error);
    return error.code;
  });
  assert.equal(other, code);
  return code;
}

const OBJECTS = {
  "a parsed object": { severity: "warning" },
  "a parsed array": [1, 2, 3],
  "null": null,
  "undefined": undefined,
  "a number": 1495,
  "a BigInt": 1n,
  "a boolean": true,
  "a symbol": Symbol("body"),
  "a function": () => BODY,
  "a Map": new Map(),
  "a Promise": Promise.resolve(BODY),
  "a Blob": new Blob(["$.02"]),
  "an object without a prototype": Object.create(null),
  "a String object": new String("$.02"),
  "what claims to be a buffer": { [Symbol.toStringTag]: "ArrayBuffer", byteLength: 4, length: 4 },
  "what throws when it is looked at": new Proxy({}, {
    get() {
      throw new Error("looked at");
    },
  }),
};

/** Everything that takes a body. */
const TAKERS = {
  "verify": (body) => VERIFIER.verify(body, SIGNATURE),
  "a verifying stream": (body) => VERIFIER.stream(SIGNATURE).update(body),
  "sign": (body) => sign(body, SHARED_KEY),
  "Signer.sign": (body) => new Signer(SHARED_KEY).sign(body),
  "a signing stream": (body) => new Signer(SHARED_KEY).stream().update(body),
};

for (const [taker, take] of Object.entries(TAKERS)) {
  describe(`the body of ${taker}`, () => {
    for (const [kind, object] of Object.entries(OBJECTS)) {
      test(`is not ${kind}`, () => {
        const error = thrownBy(() => take(object));
        if (error.message !== "looked at") {
          assert.ok(error instanceof TypeError, error);
          assert.match(error.message, /^the body must be a Uint8Array .*; pass the raw body as it came, before anything parses it/);
        }
      });
    }

    test("is not text that has no octets", () => {
      for (const text of ["\ud800", "{}\udc00", "\udfff\ud800", `${"x".repeat(70_000)}\ud83d`]) {
        assert.throws(() => take(text), { name: "TypeError", message: /half of a surrogate pair/ });
      }
    });

    test("is not a buffer that was transferred elsewhere", () => {
      for (const View of [Uint8Array, Uint16Array, Float64Array, BigInt64Array, DataView]) {
        const view = new View(new ArrayBuffer(64));
        structuredClone(view.buffer, { transfer: [view.buffer] });
        assert.throws(() => take(view), { name: "TypeError", message: /the body's buffer is gone/ });
        assert.throws(() => take(view.buffer), { name: "TypeError", message: /the body's buffer is gone/ });
      }
    });

    test("is not a view of what a resizable buffer no longer has", () => {
      for (const View of [Uint8Array, Uint16Array, BigInt64Array, DataView]) {
        const buffer = new ArrayBuffer(64, { maxByteLength: 128 });
        const view = new View(buffer, 32, 2);
        buffer.resize(32);
        assert.throws(() => take(view), { name: "TypeError", message: /the body's buffer is gone/ });
      }
    });
  });
}

describe("a body", () => {
  const octets = Uint8Array.from({ length: 48 }, (_, place) => place * 5);
  const expected = sign(octets, SHARED_KEY);

  test("is any buffer, or a view of one", () => {
    const shared = new SharedArrayBuffer(48);
    new Uint8Array(shared).set(octets);
    const resizable = new ArrayBuffer(48, { maxByteLength: 96 });
    new Uint8Array(resizable).set(octets);
    const around = Buffer.concat([Buffer.alloc(8, 1), octets, Buffer.alloc(8, 2)]);
    const views = [Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array, BigUint64Array, DataView];
    const bodies = [octets.buffer, Buffer.from(octets), shared, new Uint8Array(shared), resizable, new Uint8Array(resizable), around.subarray(8, 56), ...views.map((View) => new View(octets.buffer))];
    for (const body of bodies) {
      assert.equal(sign(body, SHARED_KEY), expected);
      assert.ok(VERIFIER.verify(body, expected));
    }
  });

  test("is what it is, whatever a subclass says", () => {
    class Liar extends Uint8Array {
      get length() {
        return 3;
      }
      get byteLength() {
        throw new Error("asked");
      }
      get [Symbol.toStringTag]() {
        return "Int32Array";
      }
      subarray() {
        throw new Error("asked");
      }
      [Symbol.iterator]() {
        throw new Error("asked");
      }
    }
    assert.equal(sign(new Liar(octets), SHARED_KEY), expected);
    const large = new Liar(200_000).fill(7);
    assert.equal(sign(large, SHARED_KEY), sign(Buffer.alloc(200_000, 7), SHARED_KEY));
  });

  test("may be of any size around that of the window", () => {
    for (const size of [0, 1, 65_434, 65_435, 65_436, 65_535, 65_536, 65_537, 131_072, 200_001]) {
      for (const body of [Buffer.alloc(size, 0x61), "a".repeat(size)]) {
        const signature = sign(body, SHARED_KEY);
        assert.ok(VERIFIER.verify(body, signature), `${size}`);
        assert.equal(codeOf(signature, Buffer.alloc(size + 1, 0x61)), "signature_mismatch");
      }
    }
    const text = "ü€😀".repeat(20_000);
    assert.equal(sign(text, SHARED_KEY), sign(Buffer.from(text), SHARED_KEY));
  });

  test("may have 512 MiB", { timeout: 120_000 }, () => {
    const body = Buffer.alloc(512 * 1024 * 1024);
    assert.equal(thrownBy(() => VERIFIER.verify(body, SIGNATURE)).code, "signature_mismatch");
  });
});

describe("a signature", () => {
  test("comes as frameworks give it", () => {
    for (const signature of [SIGNATURE, [SIGNATURE], Buffer.from(SIGNATURE), [new TextEncoder().encode(SIGNATURE)]]) {
      assert.ok(VERIFIER.verify(BODY, signature));
    }
  });

  test("may be missing", () => {
    for (const signature of [null, undefined, "", [], [null], [undefined], [""], new Uint8Array(0)]) {
      assert.equal(codeOf(signature), "missing_signature");
    }
  });

  test("may be several", () => {
    const many = [[SIGNATURE, SIGNATURE], [null, SIGNATURE], ["", ""], `${SIGNATURE}, ${SIGNATURE}`, Array(1_000_000).fill(SIGNATURE)];
    for (const signature of many) assert.equal(codeOf(signature), "multiple_signatures");
  });

  test("of another type is a TypeError", () => {
    for (const signature of [1, true, {}, new Map(), Symbol("signature"), [[SIGNATURE]], [1], new Headers(), () => SIGNATURE]) {
      for (const call of [() => VERIFIER.verify(BODY, signature), () => VERIFIER.stream(signature)]) {
        assert.throws(call, { name: "TypeError", message: /^the signature must be the header's value/ });
      }
    }
    assert.match(thrownBy(() => VERIFIER.verify(BODY, new Headers())).message, /pass headers\.get\('X-JWS-Signature'\)$/);
  });

  test("with foreign characters is malformed", () => {
    for (const foreign of ["\ud800", "\udfff\ud800", "é", "\0", "😀", "\n", " ", "\u0141"]) {
      assert.equal(codeOf(SIGNATURE + foreign), "invalid_base64url");
      assert.equal(codeOf(foreign + SIGNATURE), "invalid_base64url");
      assert.equal(codeOf(foreign), "malformed_compact");
      // As long as one of the platform's.
      assert.equal(codeOf(SIGNATURE.slice(0, -foreign.length) + foreign), "invalid_base64url");
    }
  });

  test("does not become another one by the low octets of its characters", () => {
    for (let place = 58; place < SIGNATURE.length; place += 1) {
      const alias = String.fromCharCode(SIGNATURE.charCodeAt(place) + 0x100);
      assert.equal(codeOf(SIGNATURE.slice(0, place) + alias + SIGNATURE.slice(place + 1)), "invalid_base64url");
    }
  });

  test("of any length is refused", () => {
    assert.equal(codeOf(".".repeat(10_000_000)), "malformed_compact");
    assert.equal(codeOf(`${"A".repeat(1_000_000)}..${"A".repeat(43)}`), "invalid_header_json");
    assert.equal(codeOf(`${SIGNATURE},`.repeat(100_000)), "malformed_compact");
  });
});

/** Everything that takes a shared key. */
const MAKERS = {
  "Verifier": (key) => new Verifier(key),
  "an array for Verifier": (key) => new Verifier([key]),
  "the second of Verifier": (key) => new Verifier([SHARED_KEY, key]),
  "Signer": (key) => new Signer(key),
  "sign": (key) => sign(BODY, key),
};

/** One of several keys is named by its place. */
const named = (maker) => (maker.startsWith("the second") ? "key 1 \\(counted from 0\\)" : "the shared key");

for (const [maker, make] of Object.entries(MAKERS)) {
  describe(`the key of ${maker}`, () => {
    test("that is not there is told so", () => {
      for (const key of [undefined, null]) {
        assert.throws(() => make(key), { name: "TypeError", message: new RegExp(`^${named(maker)} is ${key}: is the setting or environment variable there`) });
      }
    });

    test("of another type is a TypeError", () => {
      for (const key of [1, true, {}, new Map(), Symbol("key"), () => SHARED_KEY, VERIFIER, new String(SHARED_KEY), Object.create(Key.prototype)]) {
        assert.throws(() => make(key), { name: "TypeError", message: new RegExp(`^${named(maker)} must be a string .*, not `) });
      }
    });

    test("that is empty or no text cannot be used", () => {
      for (const key of ["", new Uint8Array(0), "\ud800".repeat(50), `${"x".repeat(44)}\udc80`, "x".repeat(70_000), new Uint8Array(70_000)]) {
        const error = thrownBy(() => make(key));
        if (error === undefined) continue;
        assert.ok(error instanceof InvalidKeyError, error);
        assert.ok(["invalid_key", "no_usable_key"].includes(error.code), error.code);
        assert.equal(error.httpStatus, 500);
      }
    });

    test("is not a buffer that was transferred elsewhere", () => {
      const key = new Uint8Array(64);
      structuredClone(key.buffer, { transfer: [key.buffer] });
      assert.throws(() => make(key), { name: "TypeError", message: /the key's buffer is gone/ });
    });
  });
}

describe("keys", () => {
  test("that are no text say where", () => {
    assert.throws(() => Key.fromJwkK(`${"x".repeat(44)}\ud800`), { message: "the key cannot be read as jwk: octet 45 is not UTF-8" });
  });

  test("are made by their makers only", () => {
    assert.throws(() => new Key(), TypeError);
    for (const read of [Key.fromJwkK, Key.fromJwkKLenient, Key.fromUtf8, Key.fromBase64, Key.fromHex]) {
      for (const text of [undefined, null, 1, [], new Uint8Array(32)]) assert.throws(() => read(text), TypeError);
    }
    for (const octets of [undefined, null, 1, [1], "x".repeat(32), {}]) assert.throws(() => Key.fromBytes(octets), TypeError);
  });

  test("are kept apart from the caller's octets", () => {
    const octets = new Uint8Array(32).fill(1);
    const signer = new Signer(octets);
    const before = signer.sign(BODY);
    octets.fill(2);
    assert.equal(signer.sign(BODY), before);
    // Forty others in between: it has been prepared anew.
    for (let other = 0; other < 40; other += 1) new Signer(new Uint8Array(32).fill(other));
    assert.equal(signer.sign(BODY), before);
  });

  test("do not show", async () => {
    const { inspect } = await import("node:util");
    const secret = "correct horse battery staple, and so on";
    const holders = [new Verifier(secret), new Signer(secret, { keyFormat: "utf8" }), Key.fromUtf8(secret)];
    for (const holder of holders) {
      const shown = `${inspect(holder, { depth: 9, showHidden: true })}${JSON.stringify(holder)}${Object.keys(holder)}`;
      assert.doesNotMatch(shown, /horse|99, 111/);
    }
    for (const make of [(key) => new Verifier(key), (key) => new Signer(key), Key.fromHex]) {
      const error = thrownBy(() => make("correct horse battery staple"));
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }) + error.hint, /horse/);
    }
  });
});

describe("options", () => {
  test("of an unknown name are TypeErrors", () => {
    for (const options of [Key.fromUtf8(SHARED_KEY), new Map(), { keyformat: "jwk" }, { allowWeakKeys: true }, null, 1, "jwk", [], SHARED_KEY]) {
      assert.throws(() => new Verifier(SHARED_KEY, options), TypeError);
      assert.throws(() => new Signer(SHARED_KEY, options), TypeError);
      assert.throws(() => Key.fromUtf8(SHARED_KEY, options), TypeError);
    }
  });

  test("have values that are known", () => {
    for (const keyFormat of ["", "JWK", "utf-8", "bytes", null, 1, {}]) {
      assert.throws(() => new Verifier(SHARED_KEY, { keyFormat }), { name: "TypeError", message: /^keyFormat must be one of / });
      assert.throws(() => new Signer(SHARED_KEY, { keyFormat }), { name: "TypeError", message: /^keyFormat must be one of jwk, / });
    }
    assert.throws(() => sign(BODY, SHARED_KEY, { keyFormat: "auto" }), TypeError);
    assert.throws(() => new Verifier(SHARED_KEY, { policy: "any" }), { message: 'policy must be fixed or rfc7797, not "any"' });
    assert.throws(() => new Verifier(SHARED_KEY, { allowWeakKey: "yes" }), TypeError);
    assert.throws(() => new Verifier([]), { message: "the array of shared keys is empty" });
  });
});

describe("the module", () => {
  test("goes on after a stack that was full", () => {
    let calls = 0;
    const dive = () => {
      try {
        dive();
      } catch {
        // Every depth near the end of the stack has its turn.
      }
      if (calls++ < 3000) {
        try {
          VERIFIER.verify(BODY, SIGNATURE);
        } catch (error) {
          if (error instanceof HookSealError) throw new Error("a valid delivery was refused");
        }
      }
    };
    dive();
    assert.ok(VERIFIER.verify(BODY, SIGNATURE));
    assert.equal(codeOf(SIGNATURE, Buffer.from("$.03")), "signature_mismatch");
  });

  test("says that a finished stream is finished", () => {
    const stream = VERIFIER.stream(SIGNATURE);
    stream.update(BODY);
    stream.finish();
    assert.throws(() => stream.update(BODY), /the stream is finished/);
    assert.throws(() => stream.finish(), /the stream is finished/);
    const signing = new Signer(SHARED_KEY).stream();
    signing.update(BODY);
    assert.equal(signing.finish(), SIGNATURE);
    assert.throws(() => signing.finish(), /the stream is finished/);
  });

  test("goes on with a stream after a piece that was none", () => {
    const stream = VERIFIER.stream(SIGNATURE);
    stream.update("$.");
    assert.throws(() => stream.update({}), TypeError);
    stream.update("02");
    assert.ok(stream.finish());
  });
});

describe("verifyRequest", () => {
  test("takes requests only", async () => {
    for (const request of [undefined, null, {}, "GET /", new Headers(), { headers: {} }, { headers: { "x-jws-signature": SIGNATURE }, body: BODY }]) {
      await assert.rejects(verifyRequest(request, SHARED_KEY), { name: "TypeError", message: /^the request must be a Request/ });
    }
  });
});

test("one of several keys that cannot be used is named by its place", () => {
  for (const [index, keys] of [[1, [SHARED_KEY, "short"]], [0, ["short", SHARED_KEY]], [2, [SHARED_KEY, SHARED_KEY, new Uint8Array(70_000)]]]) {
    const error = thrownBy(() => new Verifier(keys));
    assert.ok(error instanceof InvalidKeyError);
    assert.equal(error.keyIndex, index);
    assert.match(error.message, new RegExp(`^key ${index} \\(counted from 0\\): the `));
  }
  for (const keys of ["short", ["short"]]) {
    const error = thrownBy(() => new Verifier(keys));
    assert.equal(error.keyIndex, undefined);
    assert.match(error.message, /^the shared key gives no usable key: /);
  }
});
