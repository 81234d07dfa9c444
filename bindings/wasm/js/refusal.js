/**
 * Refusals in words. The module of WebAssembly names them with numbers, since text is large there; these are the core's
 * own words, and the tests hold them against the core.
 */

import { InvalidKeyError, VerificationError } from "./errors.js";
import { nameOf } from "./key-format.js";

const decoder = new TextDecoder();

const NOT_TEXT =
  "If the key is plain text rather than an encoding, read it as utf8; if the sender decodes such strings leniently, as the vendor's recipe does, as jwk-lenient.";
const NOT_WHOLE = "Check that the whole key was copied. If it is plain text rather than an encoding, read it as utf8.";
const RFC7515_ALONE =
  'The sender signs by RFC 7515 alone, without RFC 7797\'s unencoded payload. The protected header must hold "b64":false and "crit":["b64"].';
const UNSOUND = "No sound JWS library writes such a header. Treat the delivery as forged, or mend the sender.";
const MISMATCH =
  "Either the body is not the raw octets that were sent (re-serialised, trimmed, decoded), or the sender has another key or reads it otherwise.";

/** What the window holds, from its start. */
class Reader {
  constructor(window) {
    this.window = window;
    this.view = new DataView(window.buffer, window.byteOffset);
    this.at = 0;
  }

  word() {
    const word = this.view.getUint32(this.at, true);
    this.at += 4;
    return word;
  }

  text() {
    const length = this.word();
    if (length === 0xffffffff) return undefined;
    const text = decoder.decode(this.window.slice(this.at, this.at + length));
    this.at += length;
    return text;
  }
}

/** The error that the window describes; `dropped` are the readings that the verifier could not use. */
export function refusal(window, dropped = []) {
  const reader = new Reader(window);
  const number = reader.word();
  if (number === 17) {
    return noUsableKey(droppedOf(reader));
  }
  if (number > 14) {
    return new InvalidKeyError(ofKey(reader, number));
  }
  return ofDelivery(number, reader, dropped);
}

/** The readings that the window lists. */
export function droppedReadings(window) {
  return droppedOf(new Reader(window));
}

export const missingSignature = () => plain(0);
export const multipleSignatures = (count) => plain(1, count);
export const signatureMismatch = (tried, dropped) => plain(13, tried, dropped);
export const bodyTooLarge = (limit) =>
  new VerificationError({
    code: "body_too_large",
    httpStatus: 413,
    message: `the body is larger than ${limit} octets`,
    hint: "Raise the limit if such bodies are expected.",
  });

/** A refusal that JavaScript finds by itself: the first words of it. */
function plain(number, word, dropped) {
  return ofDelivery(number, { word: () => word }, dropped);
}

function ofDelivery(number, reader, dropped) {
  const [code, httpStatus, hint, message] = REFUSALS[number];
  return new VerificationError({ code, httpStatus, message: message(reader), hint: hint ?? mismatchHint(dropped) });
}

/** By their number: code, status, hint, message. */
const REFUSALS = [
  [
    "missing_signature",
    401,
    "Set a shared key on the integration, and check that no proxy drops the X-JWS-Signature header.",
    () => "there is no X-JWS-Signature: the delivery is not signed",
  ],
  [
    "multiple_signatures",
    400,
    "A proxy or a test added a second X-JWS-Signature, or joined two of them with a comma. Pass exactly one.",
    (reader) => `there are ${reader.word()} signatures where exactly one is expected`,
  ],
  [
    "malformed_compact",
    400,
    "The value looks like HEADER..SIGNATURE. Other schemes (sha256=…, t=…,v1=…) are not this one; check that the whole header value arrived.",
    (reader) => {
      const parts = reader.word();
      return `the value has ${parts} dot-separated part${parts === 1 ? "" : "s"} where a JWS in Compact Serialization has 3`;
    },
  ],
  [
    "payload_not_detached",
    400,
    "The payload of a detached JWS travels in the body. Pass the header's value as it came, without putting the body between the dots.",
    (reader) => `there are ${reader.word()} octets between the two dots where a detached payload leaves nothing`,
  ],
  [
    "invalid_base64url",
    400,
    "base64url has A-Z a-z 0-9 - _ and nothing else: no '=', no '+' or '/', no white space. Pass the header's value exactly as it came.",
    (reader) => {
      const part = reader.word() ? "signature" : "protected header";
      const problem = [octetProblem, lengthProblem, () => TRAILING_BITS][reader.word()](reader.word());
      return `the ${part} is not base64url: ${problem} (octet ${reader.word()} of the value, counted from 0)`;
    },
  ],
  [
    "invalid_header_json",
    400,
    UNSOUND,
    (reader) => {
      const offset = reader.word();
      return `the protected header is not a JSON object: ${reader.text()} (octet ${offset} of the decoded header)`;
    },
  ],
  [
    "duplicate_header_parameter",
    400,
    UNSOUND,
    (reader) => `the protected header has ${quoted(reader.text())} more than once`,
  ],
  [
    "unsupported_alg",
    401,
    "Other schemes use the header name X-JWS-Signature too (open banking: RS256, PS256). Web PaaS, Platform.sh and Upsun always send HS256.",
    (reader) => `the protected header's alg is ${orMissing(reader.text())}, not HS256`,
  ],
  ["b64_not_false", 401, RFC7515_ALONE, (reader) => `the protected header's b64 is ${orMissing(reader.text())}, not false`],
  [
    "crit_missing_b64",
    401,
    RFC7515_ALONE,
    (reader) => `the protected header's crit is ${orMissing(reader.text())}, which does not list "b64"`,
  ],
  [
    "unsupported_crit",
    401,
    "crit names extensions that a verifier must understand; only b64 is defined for this scheme.",
    (reader) => `the protected header's crit is ${quoted(reader.text())}, where only ["b64"] is understood`,
  ],
  [
    "header_not_allowed",
    401,
    'The platform\'s header is always {"alg":"HS256","b64":false,"crit":["b64"]}. If your sender adds kid or typ or orders it otherwise, choose the policy rfc7797.',
    (reader) => `the protected header differs from the fixed one: ${quoted(reader.text())}`,
  ],
  [
    "invalid_signature_length",
    400,
    "The value was cut, or the signature is not an HMAC-SHA256. Check that the whole header value arrived.",
    (reader) => `the signature has ${reader.word()} characters where HMAC-SHA256 has 43`,
  ],
  [
    "signature_mismatch",
    401,
    undefined,
    (reader) => {
      const tried = reader.word();
      return `the signature ${tried === 1 ? "does not match the key" : `matches none of the ${tried} readings of the keys`}`;
    },
  ],
];

const TRAILING_BITS = "the last character holds bits that must be zero";
const lengthProblem = (length) => `no octets encode to ${length} characters`;
const octetProblem = (octet) =>
  (octet >= 0x20 && octet < 0x7f
    ? characterOf(String.fromCharCode(octet))
    : `the octet 0x${octet.toString(16).toUpperCase().padStart(2, "0")}`) + " is not in its alphabet";

function mismatchHint(dropped) {
  return dropped.length ? `${MISMATCH} Not tried: ${dropped.map(({ message }) => message).join("; ")}.` : MISMATCH;
}

function droppedOf(reader) {
  return Array.from({ length: reader.word() }, () => {
    const keyIndex = reader.word();
    const { keyFormat, code, message } = ofKey(reader, reader.word());
    return Object.freeze({ keyIndex, keyFormat, code, message });
  });
}

/** The refusal of a shared key none of whose readings can be used. */
function noUsableKey(dropped) {
  return new InvalidKeyError({
    code: "no_usable_key",
    httpStatus: 500,
    message: `the shared key gives no usable key: ${dropped.map(({ message }) => message).join("; ")}`,
    hint: "Use a key of 32 random octets or more (`hookseal keygen` makes one), name its format, or allow a weak key by name.",
  });
}

function ofKey(reader, number) {
  const keyFormat = nameOf(reader.word());
  const detail = reader.word();
  const place = reader.word();
  const character = reader.word();
  if (number === 15) {
    return {
      keyFormat,
      code: "weak_key",
      httpStatus: 500,
      message: `the key read as ${keyFormat} has ${detail} octets where HS256 asks for at least 32`,
      hint: "Use 32 random octets or more (`hookseal keygen` makes such a key), or allow a weak key by name.",
    };
  }
  const [problem, hint] = keyProblem(detail, place, String.fromCodePoint(character));
  return {
    keyFormat,
    code: "invalid_key",
    httpStatus: 500,
    message: `the key cannot be read as ${keyFormat}: ${problem}`,
    hint,
  };
}

function keyProblem(problem, place, character) {
  switch (problem) {
    case 0:
      return ["it is empty", "The variable, flag or file that should hold the key is empty."];
    case 1:
      return [
        `character ${place} is ${characterOf(character)}, which does not belong there`,
        /[\s\x85]/.test(character) && character !== "\ufeff"
          ? "White space came along with the key (a newline at the end of a file or variable is the usual one). Remove it."
          : character === '"' || character === "'"
            ? "The quotes around the key became part of it. Remove them."
            : NOT_TEXT,
      ];
    case 2:
      return [`octet ${place} is not UTF-8`, "Pass raw octets as bytes, or the key's text in UTF-8."];
    case 3:
      return [lengthProblem(place), NOT_WHOLE];
    case 4:
      return ["its last group of four characters is not complete", NOT_WHOLE];
    case 5:
      return [`the padding at character ${place} is incomplete or misplaced`, NOT_WHOLE];
    default:
      return [TRAILING_BITS, NOT_WHOLE];
  }
}

const orMissing = (json) => (json === undefined ? "missing" : quoted(json));

/** A stranger's text, escaped and cut short. */
function quoted(text) {
  const characters = [...text];
  const shown = characters.slice(0, 80).map((character) => (/["']/.test(character) ? character : escaped(character)));
  return `\`${shown.join("")}${characters.length > 80 ? "…" : ""}\``;
}

/** A character in quotes. */
const characterOf = (character) => `'${character === '"' ? '"' : escaped(character)}'`;

/** As Rust's `escape_debug`: what does not print is shown by its code point. */
function escaped(character) {
  const short = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", "'": "\\'", '"': '\\"', "\\": "\\\\" }[character];
  if (short) return short;
  return character !== " " && /[\p{C}\p{Z}\p{M}]/u.test(character)
    ? `\\u{${character.codePointAt(0).toString(16)}}`
    : character;
}
