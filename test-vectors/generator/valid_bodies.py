"""valid.json, part 1: the published example, and every kind and size of body."""

import json

from . import oracle
from .material import (
    BY_BOTH,
    RFC7797,
    RFC7797_KEY,
    RFC7797_VALUE,
    Body,
    binary,
    octets,
    repeated,
    text,
)
from .oracle import FIXED_HEADER
from .readings import SharedKey
from .vector import NOTICE, Vector, accepted, body_whose_signature_has


def vectors() -> list[Vector]:
    published = accepted(
        "rfc7797-4.2",
        "The RFC's own example: an unencoded, detached payload with a dot in it.",
        key=SharedKey("jwk", RFC7797_KEY),
        body=text("$.02"),
        source=f"{RFC7797}; {BY_BOTH}",
        published=RFC7797_VALUE,
    )
    return [published, *_sizes(), *_contents()]


def _sizes() -> list[Vector]:
    # Where a hash of the body alone would begin another block (55, 56, 63 to 65, ...), and where
    # that of the signing input does. Its first 57 octets are the protected part and a dot, so 7 and
    # 71 fill a block, and from 63 on the hash's own padding needs one more.
    small = (1, 6, 7, 8, 55, 56, 62, 63, 64, 65, 70, 71, 72, 119, 120, 127, 128)
    return [
        accepted("size-0", "An empty body is signed like any other.", body=text("")),
        *(
            accepted(
                f"size-{size}",
                "Arbitrary octets, at or beside a block boundary of the hash.",
                body=binary(octets(f"size {size}", size)),
            )
            for size in small
        ),
        accepted(
            "size-1495-notification",
            "A health notification as long as the one in the vendor's example.",
            body=text(_notification(1495)),
        ),
        accepted(
            "size-over-64-kib",
            "65538 octets with a period of nine, which lines up with no chunk's size.",
            body=repeated(bytes.fromhex("00ff807f010d0a2e22"), 7282),
        ),
        accepted("size-1-mib", "1 MiB of one letter.", body=repeated(b"a", 1 << 20)),
    ]


def _notification(size: int) -> str:
    """An envelope as the notifier sends it, its text drawn out until it has `size` octets."""
    envelope = {
        "id": "5d0c2f5e-3d0b-4a5c-9a5e-0b8f6f1c7d21",
        "created_at": "2026-11-22T17:35:00.000000Z",
        "type": "health.low_disk",
        "project": "abcdefgh1234567",
        "environments": ["main"],
        "payload": {
            "severity": "warning",
            "previous": "ok",
            "service": "database",
            "resource": "disk",
            "available": 364_904_448,
            "total": 2_147_483_648,
            "percent": 16.99,
            "threshold": {"warning": 20, "critical": 10},
        },
        "text": "",
    }
    sentence = "Service database on environment main has 17 % of its disk left. "
    missing = size - len(json.dumps(envelope, separators=(",", ":")))
    envelope["text"] = (sentence * (missing // len(sentence) + 1))[:missing]
    return json.dumps(envelope, separators=(",", ":"))


def _contents() -> list[Vector]:
    protected = oracle.b64u(FIXED_HEADER.encode())
    cases: list[tuple[str, str, Body]] = [
        ("all-256-octets", "Every octet once.", binary(bytes(range(256)))),
        (
            "utf8-latin",
            "UTF-8 of two octets each.",
            text('{"text":"Disque presque épuisé : 83 %"}'),
        ),
        (
            "utf8-bmp",
            "UTF-8 of three octets each.",
            text('{"text":"ディスク容量が不足しています"}'),
        ),
        ("utf8-astral", "UTF-8 of four octets; surrogates in JS.", text('{"text":"💾 🔥 𝟙𝟟 %"}')),
        ("utf8-nfd", "Combining accents; NFC would change it.", text("e\u0301puise\u0301")),
        ("utf8-nfc", "The same text precomposed; NFD would change it.", text("\u00e9puis\u00e9")),
        (
            "utf8-line-ends",
            "What some readers split lines at.",
            text("a\u2028b\u2029c\u0085d\x0be"),
        ),
        ("utf8-noncharacters", "U+FFFD and U+FFFF as such.", text("\ufffd\uffff")),
        (
            "invalid-utf8",
            "Latin-1, a cut and an overlong sequence.",
            binary(b"\xe9 \xf0\x9f \xc0\x80"),
        ),
        ("utf16", "UTF-16 with its byte order mark.", binary('\ufeff{"a":1}'.encode("utf-16-le"))),
        ("bom", "A UTF-8 byte order mark belongs to the body.", text('\ufeff{"a":1}')),
        ("dot-inside", "Dots, which an attached payload could not have.", text("a.b.c")),
        ("dot-first", "A dot next to the one that separates.", text(".well-known")),
        ("dot-last", "A dot at the end.", text("The end.")),
        ("dots-only", "Nothing but dots.", text("...")),
        ("nul-inside", "NULs, where strings of C end.", text("before\x00after\x00")),
        ("nul-only", "One NUL, which is not the empty body.", text("\x00")),
        ("crlf", "CRLF stays.", text('{\r\n  "a": 1\r\n}\r\n')),
        ("trailing-newline", "A newline at the end stays.", text('{"a":1}\n')),
        ("newline-only", "Nothing but a newline.", text("\n")),
        ("surrounding-whitespace", "Whitespace around JSON stays.", text(' \t{"a":1} \n')),
        ("json-duplicate-keys", "A parser would drop one.", text('{"a":1,"a":2}')),
        (
            "json-numbers",
            "A parser would respell them.",
            text('{"a":1.0,"b":1e2,"c":-0,"d":1E400}'),
        ),
        ("json-escapes", "A parser would respell them.", text(r'{"a":"\/\u00e9\u003c\ud83d"}')),
        (
            "json-indented",
            "A parser would compact it.",
            text('{\n    "b": [1, 2],\n    "a": null\n}'),
        ),
        ("form-encoded", "The body need not be JSON.", text("payload=%7B%22a%22%3A1%7D&a=b+c")),
        ("gzip", "Octets that begin like gzip.", binary(b"\x1f\x8b\x08\x00" + octets("gzip", 28))),
        ("compact-jws", "The body is itself a compact JWS.", text(RFC7797_VALUE)),
        (
            "signing-input",
            "The body repeats the protected part and its dot.",
            text(f"{protected}.{NOTICE.octets.decode()}"),
        ),
    ]
    return [
        *(accepted(f"body-{name}", comment, body=body) for name, comment, body in cases),
        accepted(
            "signature-with-url-characters",
            "The signature holds both '-' and '_', where the alphabets differ.",
            body=body_whose_signature_has("-", "_"),
        ),
    ]
