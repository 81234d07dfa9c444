/**
 * HMAC-SHA256 by Node.js's OpenSSL, which uses the processor's instructions for SHA-256: worth the way there from a few
 * hundred octets on.
 *
 * HMAC is two hashes (RFC 2104), and `crypto.hash` takes half as long to call as `createHmac`.
 */

/** Not by `require`, which bundlers leave in modules where there is none. Node.js has this way from 20.16 on. */
const crypto = process.getBuiltinModule?.("node:crypto") ?? {};

/** Node.js hashes no more in one call. */
const LARGEST = 2 ** 31 - 1;

const BLOCK = 64;
const DIGEST = 32;

/** Up to here a body is copied behind its key, to be hashed in one call. */
const COPIED = 4096;
const scratch = Buffer.allocUnsafeSlow(BLOCK + 1024 + COPIED);

/** One key's HMAC-SHA256. */
class Hmac {
  #inner = Buffer.alloc(BLOCK, 0x36);
  /** The outer key, and room for the inner hash. */
  #outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);

  constructor(key) {
    const octets = key.length > BLOCK ? crypto.hash("sha256", key, "buffer") : key;
    octets.forEach((octet, place) => {
      this.#inner[place] ^= octet;
      this.#outer[place] ^= octet;
    });
  }

  /** The MAC of a prefix and a body of this length, as base64url. */
  of(prefix, body, bodyLength) {
    const start = BLOCK + prefix.length;
    const length = start + bodyLength;
    if (length > scratch.length) {
      const hash = this.start(prefix);
      hash.update(body);
      return this.finish(hash);
    }
    try {
      scratch.set(this.#inner);
      scratch.set(prefix, BLOCK);
      scratch.set(body, start);
      return this.#end(crypto.hash("sha256", scratch.subarray(0, length), "latin1"));
    } finally {
      scratch.fill(0, 0, BLOCK);
    }
  }

  start(prefix) {
    return crypto.createHash("sha256").update(this.#inner).update(prefix);
  }

  finish(hash) {
    return this.#end(hash.digest("latin1"));
  }

  #end(inner) {
    this.#outer.latin1Write(inner, BLOCK);
    return crypto.hash("sha256", this.#outer, "base64url");
  }
}

const mine = Buffer.alloc(43);
const theirs = Buffer.alloc(43);

/** Whether two MACs in base64url are the same, in constant time. */
function areSame(mac, signature) {
  mine.latin1Write(mac);
  theirs.latin1Write(signature);
  // What is no base64url may be cut or read as other characters on the way into the buffer.
  return crypto.timingSafeEqual(mine, theirs) && mac === signature;
}

/** Other runtimes that call themselves Node.js may not have it. */
export const openssl =
  typeof crypto.hash === "function" ? { from: 320, upTo: LARGEST, hmac: (key) => new Hmac(key), areSame } : undefined;
