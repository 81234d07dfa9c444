/**
 * HMAC-SHA256 by Node.js's OpenSSL, which uses the processor's instructions for SHA-256: worth the way there from two
 * blocks on.
 *
 * HMAC is two hashes (RFC 2104), and `crypto.hash` takes half as long to call as `createHmac`.
 */

/** Not by `require`, which bundlers leave in modules where there is none. Node.js has this way from 20.16 on. */
const { createHash, hash: hashOnce, timingSafeEqual } = process.getBuiltinModule?.("node:crypto") ?? {};

/** Node.js hashes no more in one call. */
const LARGEST = 2 ** 31 - 1;

const BLOCK = 64;
const DIGEST = 32;

/** Up to here a body is copied behind its key, to be hashed in one call. */
const COPIED = 4096;
const LONGEST_PREFIX = 1024;

/** One key's HMAC-SHA256. */
class Hmac {
  /** The inner key; behind it the prefix of the last body, which is nearly always that of the next, and room for a body. */
  #inner = new Uint8Array(BLOCK).fill(0x36);
  #prefix;
  /** The outer key, and room for the inner hash. */
  #outer = Buffer.alloc(BLOCK + DIGEST, 0x5c);

  constructor(key) {
    const octets = key.length > BLOCK ? hashOnce("sha256", key, "buffer") : key;
    octets.forEach((octet, place) => {
      this.#inner[place] ^= octet;
      this.#outer[place] ^= octet;
    });
  }

  /** The MAC of a prefix and a body of this length, as base64url. */
  of(prefix, body, bodyLength) {
    const start = BLOCK + prefix.length;
    const length = start + bodyLength;
    if (bodyLength > COPIED || prefix.length > LONGEST_PREFIX) {
      const hash = this.start(prefix);
      hash.update(body);
      return this.finish(hash);
    }
    if (length > this.#inner.length) this.#grow(length);
    if (prefix !== this.#prefix) {
      this.#inner.set(prefix, BLOCK);
      this.#prefix = prefix;
    }
    this.#inner.set(body, start);
    return this.#end(hashOnce("sha256", new Uint8Array(this.#inner.buffer, 0, length), "latin1"));
  }

  start(prefix) {
    return createHash("sha256").update(this.#inner.subarray(0, BLOCK)).update(prefix);
  }

  finish(hash) {
    return this.#end(hash.digest("latin1"));
  }

  /** Makes room for twice as much at least, so that it seldom happens. */
  #grow(length) {
    const smaller = this.#inner;
    this.#inner = new Uint8Array(Math.max(length, 2 * smaller.length));
    this.#inner.set(smaller.subarray(0, BLOCK));
    this.#prefix = undefined;
    smaller.fill(0);
  }

  #end(inner) {
    this.#outer.latin1Write(inner, BLOCK);
    return hashOnce("sha256", this.#outer, "base64url");
  }
}

/** A MAC in base64url, and behind it another: written in one go, since each takes longer to call than to do. */
const both = Buffer.alloc(2 * 43);
const [mine, theirs] = [both.subarray(0, 43), both.subarray(43)];

/** Whether two MACs in base64url are the same, in constant time. */
function areSame(mac, signature) {
  both.latin1Write(mac + signature);
  // What is no base64url may be cut or read as other characters on the way into the buffer.
  return timingSafeEqual(mine, theirs) && mac === signature;
}

/** Other runtimes that call themselves Node.js may not have it. */
export const openssl =
  typeof hashOnce === "function" ? { from: 128, upTo: LARGEST, hmac: (key) => new Hmac(key), areSame } : undefined;
