"""invalid.json, part 3: well-formed values whose MAC is not the one.

Most are what a mistaken sender or a meddling gateway really produces.
"""

import hashlib
import hmac
from base64 import b64encode

from .material import (
    BY_HMAC,
    OVH,
    OVH_VALUE,
    RFC7797,
    RFC7797_KEY,
    RFC7797_VALUE,
    WYCHEPROOF_LIKE,
    Body,
    binary,
    octets,
    repeated,
    text,
)
from .oracle import FIXED_HEADER, b64u, mac, seal
from .readings import SharedKey, read
from .vector import KEY, KEY_OCTETS, NOTICE, Vector, refused

_FIXED = b64u(FIXED_HEADER.encode())
_INPUT = _FIXED.encode() + b"." + NOTICE.octets
_TAG = mac(KEY_OCTETS, _FIXED, NOTICE.octets)


def vectors() -> list[Vector]:
    return [*_tags(), *_bodies(), *_keys(), *_inputs(), *_headers(), *_published()]


def _mismatch(
    name: str,
    why: str,
    tag: bytes,
    *,
    body: Body = NOTICE,
    key: SharedKey = KEY,
    source: str = BY_HMAC,
) -> Vector:
    value = f"{_FIXED}..{b64u(tag)}"
    return refused(
        "signature_mismatch", f"mismatch-{name}", why, value, body=body, key=key, source=source
    )


def _tags() -> list[Vector]:
    """What Wycheproof does to MACs: every place of a tag must count."""

    def flipped(octet: int, bits: int) -> bytes:
        tag = bytearray(_TAG)
        tag[octet] ^= bits
        return bytes(tag)

    cases = [
        ("first-bit", "The first bit flipped.", flipped(0, 0x80)),
        ("last-bit", "The last bit flipped.", flipped(31, 0x01)),
        ("bit-in-octet-4", "A bit after the first 32.", flipped(4, 0x01)),
        ("bit-in-octet-8", "A bit after the first 64.", flipped(8, 0x80)),
        ("bit-in-octet-16", "A bit after the first 128.", flipped(16, 0x10)),
        ("all-bits", "Every bit flipped.", bytes(octet ^ 0xFF for octet in _TAG)),
        ("second-half", "Only the first half is right.", _TAG[:16] + bytes(16)),
        ("first-half", "Only the second half is right.", bytes(16) + _TAG[16:]),
        (
            "halves-swapped",
            "The halves swapped; a sum of differences is zero.",
            _TAG[16:] + _TAG[:16],
        ),
        ("reversed", "The octets in reverse.", _TAG[::-1]),
        ("zeros", "Zeros.", bytes(32)),
        ("ones", "Ones.", b"\xff" * 32),
    ]
    return [_mismatch(name, why, tag, source=WYCHEPROOF_LIKE) for name, why, tag in cases]


def _bodies() -> list[Vector]:
    """The body that arrived is not the body that was signed."""
    json_text = '{"a": 1, "b": [true, null], "u": "\\/"}'
    nl, crlf = "line\nline\n", "line\r\nline\r\n"
    utf8 = "Disque presque épuisé"
    # name, what happened on the way, signed, arrived
    cases: list[tuple[str, str, Body, Body]] = [
        ("bit", "One bit.", text("warning"), text("sarning")),
        ("newline-added", "A newline added.", text("{}"), text("{}\n")),
        ("newline-removed", "A newline removed.", text("{}\n"), text("{}")),
        ("crlf-to-lf", "Line ends changed.", text(crlf), text(nl)),
        ("lf-to-crlf", "Line ends changed.", text(nl), text(crlf)),
        (
            "json-compacted",
            "Parsed and printed, compact.",
            text(json_text),
            text('{"a":1,"b":[true,null],"u":"/"}'),
        ),
        ("json-spaced", "Printed as Python does.", text('{"a":1}'), text('{"a": 1}')),
        ("json-sorted", "Printed with sorted keys.", text('{"b":1,"a":2}'), text('{"a":2,"b":1}')),
        ("json-escaped", "Printed in ASCII.", text('{"é":1}'), text('{"\\u00e9":1}')),
        ("json-number", "1.0 became 1.", text('{"a":1.0}'), text('{"a":1}')),
        ("json-twice", "Made a JSON string of.", text('{"a":1}'), text('"{\\"a\\":1}"')),
        ("bom-added", "A byte order mark added.", text("{}"), text("\ufeff{}")),
        ("bom-removed", "A byte order mark removed.", text("\ufeff{}"), text("{}")),
        ("trimmed", "Trimmed.", text(" {} "), text("{}")),
        ("leading-nul", "A NUL before it.", text("{}"), text("\0{}")),
        ("trailing-nul", "A NUL after it.", text("{}"), text("{}\0")),
        ("cut-at-nul", "Cut at a NUL.", text("a\0b"), text("a")),
        ("cut", "Cut after 64 KiB.", repeated(b"a", 65_537), repeated(b"a", 65_536)),
        ("emptied", "Consumed before it was verified.", NOTICE, text("")),
        ("filled", "Something for nothing.", text(""), NOTICE),
        ("base64", "Encoded by a gateway.", NOTICE, text(b64encode(NOTICE.octets).decode())),
        ("latin-1", "Re-encoded as Latin-1.", text(utf8), binary(utf8.encode("latin-1"))),
        (
            "double-utf8",
            "Taken for Latin-1, and encoded again.",
            text(utf8),
            text(utf8.encode().decode("latin-1")),
        ),
        ("utf-16", "Re-encoded as UTF-16.", text("{}"), binary("{}".encode("utf-16-le"))),
        (
            "replacement",
            "Damaged by decoding: U+FFFD.",
            binary(b'{"a":"\xe9"}'),
            text('{"a":"\ufffd"}'),
        ),
        ("nfc", "Normalised to NFC.", text("e\u0301"), text("\u00e9")),
        ("form", "Wrapped as a form.", text("{}"), text("payload=%7B%7D")),
        ("dot-moved", "A dot lost at the start.", text(".a"), text("a")),
        ("dot-gained", "A dot gained at the start.", text("a"), text(".a")),
    ]
    return [
        _mismatch(f"body-{name}", why, mac(KEY_OCTETS, _FIXED, signed.octets), body=arrived)
        for name, why, signed, arrived in cases
    ]


def _keys() -> list[Vector]:
    """The sender used another key, or read the same string in another way."""
    base64_text = b64encode(octets("in standard base64", 33)).decode()
    hex_text = octets("in hexadecimal", 32).hex()
    jwk = SharedKey("jwk", KEY.value)
    utf8 = SharedKey("utf8", KEY.value)
    # name, what the sender did, the receiver's key, the sender's
    cases: list[tuple[str, str, SharedKey, bytes]] = [
        ("other", "Another key.", KEY, octets("another key", 32)),
        ("utf8-for-jwk", "Took the string's own octets.", jwk, KEY.value.encode()),
        ("jwk-for-utf8", "Decoded the string.", utf8, read("jwk", KEY.value)),
        (
            "utf8-for-base64",
            "Took the octets of base64.",
            SharedKey("base64", base64_text),
            base64_text.encode(),
        ),
        (
            "utf8-for-hex",
            "Took the octets of hexadecimal.",
            SharedKey("hex", hex_text),
            hex_text.encode(),
        ),
        (
            "jwk-for-hex",
            "Decoded hexadecimal as base64url.",
            SharedKey("hex", hex_text),
            read("jwk", hex_text),
        ),
        (
            "hex-for-utf8",
            "Decoded what is a passphrase.",
            SharedKey("utf8", hex_text),
            bytes.fromhex(hex_text),
        ),
        (
            "hex-upper",
            "Took the octets, in upper case.",
            SharedKey("utf8", hex_text),
            hex_text.upper().encode(),
        ),
        ("newline", "Read it from a file, newline included.", utf8, f"{KEY.value}\n".encode()),
        ("quotes", "Kept the quotes of a .env file.", utf8, f'"{KEY.value}"'.encode()),
        ("cut-to-31", "Lost the last octet.", KEY, KEY_OCTETS[:31]),
        ("cut-to-16", "Kept half of it.", KEY, KEY_OCTETS[:16]),
        ("last-bit", "One bit.", KEY, KEY_OCTETS[:31] + bytes([KEY_OCTETS[31] ^ 1])),
        ("nul-in-front", "A NUL in front.", KEY, b"\0" + KEY_OCTETS),
        ("empty", "An empty key: a configuration that was not read.", KEY, b""),
        (
            "cut-to-block",
            "Kept 64 of 65 octets; a longer key is to be hashed.",
            SharedKey("bytes", octets("long", 65).hex()),
            octets("long", 65)[:64],
        ),
        (
            "neither-reading",
            "Neither reading of the string.",
            SharedKey("auto", KEY.value),
            octets("another key", 32),
        ),
        (
            "auto-trimmed",
            "Trimmed it; auto does not.",
            SharedKey("auto", f"{KEY.value} "),
            KEY_OCTETS,
        ),
    ]
    return [
        _mismatch(f"key-{name}", why, mac(signing, _FIXED, NOTICE.octets), key=key)
        for name, why, key, signing in cases
    ]


def _inputs() -> list[Vector]:
    """The sender put something else into the MAC, or took another MAC."""
    payload = b64u(NOTICE.octets)
    header = FIXED_HEADER.encode()

    def sha256(message: bytes) -> bytes:
        return hmac.digest(KEY_OCTETS, message, hashlib.sha256)

    cases = [
        (
            "payload-encoded",
            "The payload as base64url, as b64 true has it.",
            sha256(f"{_FIXED}.{payload}".encode()),
        ),
        (
            "payload-base64",
            "The payload in standard base64.",
            sha256(f"{_FIXED}.".encode() + b64encode(NOTICE.octets)),
        ),
        ("payload-missing", "The payload detached too early.", sha256(f"{_FIXED}.".encode())),
        ("body-alone", "The body alone, as most webhooks do.", sha256(NOTICE.octets)),
        ("header-without-dot", "No dot in between.", sha256(_FIXED.encode() + NOTICE.octets)),
        (
            "header-two-dots",
            "Both dots of the value.",
            sha256(_FIXED.encode() + b".." + NOTICE.octets),
        ),
        ("header-not-encoded", "The header as JSON.", sha256(header + b"." + NOTICE.octets)),
        ("body-first", "Body, dot, header.", sha256(NOTICE.octets + b"." + _FIXED.encode())),
        (
            "body-digest",
            "A hash of the body.",
            sha256(_FIXED.encode() + b"." + hashlib.sha256(NOTICE.octets).digest()),
        ),
        (
            "hmac-sha512-cut",
            "HMAC-SHA512, cut to 32 octets.",
            hmac.digest(KEY_OCTETS, _INPUT, hashlib.sha512)[:32],
        ),
        ("hmac-sha3", "HMAC-SHA3-256.", hmac.digest(KEY_OCTETS, _INPUT, hashlib.sha3_256)),
        ("sha256-alone", "SHA-256 without a key.", hashlib.sha256(_INPUT).digest()),
        (
            "sha256-key-first",
            "SHA-256 of the key and the rest.",
            hashlib.sha256(KEY_OCTETS + _INPUT).digest(),
        ),
        ("mac-of-mac", "The MAC of the MAC.", sha256(_TAG)),
        ("hex-cut", "Half of the MAC, in hexadecimal.", _TAG.hex()[:32].encode()),
    ]
    return [_mismatch(f"input-{name}", why, tag) for name, why, tag in cases]


def _headers() -> list[Vector]:
    """A signature taken from under another header."""
    reordered = '{"b64":false,"alg":"HS256","crit":["b64"]}'
    with_kid = '{"alg":"HS256","kid":"k1","b64":false,"crit":["b64"]}'
    cases = [
        ("reordered", "Signed under another order of members.", reordered),
        ("jwt", "Signed under a JWT's header.", '{"alg":"HS256","typ":"JWT"}'),
        ("hs512", "Signed under alg HS512.", FIXED_HEADER.replace("HS256", "HS512")),
    ]
    kid_value = seal(KEY_OCTETS, b64u(with_kid.encode()), NOTICE.octets)
    other_kid = b64u(with_kid.replace("k1", "k2").encode())
    return [
        *(
            _mismatch(f"header-{name}", why, mac(KEY_OCTETS, b64u(header.encode()), NOTICE.octets))
            for name, why, header in cases
        ),
        refused(
            "signature_mismatch",
            "mismatch-header-kid-changed",
            "k1 became k2: members that decide nothing are signed all the same.",
            f"{other_kid}..{kid_value.rpartition('.')[2]}",
            policy="rfc7797",
        ),
    ]


def _published() -> list[Vector]:
    """Values from documents, with a body or a key that is not theirs."""
    return [
        refused(
            "signature_mismatch",
            "mismatch-rfc7797-4.2-body",
            "The RFC's example with $0.02 for $.02.",
            RFC7797_VALUE,
            key=SharedKey("jwk", RFC7797_KEY),
            body=text("$0.02"),
            source=RFC7797,
        ),
        refused(
            "signature_mismatch",
            "mismatch-rfc7797-4.2-key-as-utf8",
            "The RFC's example with its key taken as text.",
            RFC7797_VALUE,
            key=SharedKey("utf8", RFC7797_KEY),
            body=text("$.02"),
            source=RFC7797,
        ),
        refused(
            "signature_mismatch",
            "mismatch-ovh-sample",
            "The vendor's sample value; its body is not published, and its key is not usable.",
            OVH_VALUE,
            body=text("{...request body...}"),
            source=OVH,
        ),
    ]
