"""valid.json, part 2: readings of a shared key, sizes, weak keys by permission, and auto."""

from base64 import b64encode

from .material import octets
from .oracle import b64u
from .readings import SharedKey
from .vector import Vector, accepted, with_trailing_bit

# Nothing but the two characters in which the alphabets differ: 44 of them, no padding due.
_URL = b64u(b"\xfb\xff\xbf" * 11)
_STANDARD = _URL.replace("-", "+").replace("_", "/")
_PLAIN = b64u(octets("a key of 32 octets", 32))  # 43 characters, one '=' due


def vectors() -> list[Vector]:
    return [*_readings(), *_sizes(), *_weak(), *_auto()]


def _readings() -> list[Vector]:
    by_format: dict[str, list[tuple[str, str, str]]] = {
        "jwk": [
            ("url-alphabet", "base64url, as RFC 7518 writes k.", _URL),
            ("standard-alphabet", "What `openssl rand -base64` writes.", _STANDARD),
            ("mixed-alphabets", "Both alphabets in one string.", _URL[:22] + _STANDARD[22:]),
            ("padded", "One '=', as `openssl rand -base64 32` writes.", _PLAIN + "="),
            ("padded-twice", "Two '=' where two are due.", b64u(octets("34", 34)) + "=="),
            (
                "trailing-bits",
                "Trailing bits that are not zero are dropped.",
                with_trailing_bit(_PLAIN),
            ),
        ],
        "jwk-lenient": [
            ("well-formed", "A well-formed string reads as under jwk.", _PLAIN),
            (
                "foreign-characters",
                "Three are skipped; 46 characters in all, so padding is added.",
                f"{_PLAIN[:10]}!{_PLAIN[10:20]} {_PLAIN[20:]}\n",
            ),
            ("line-end", "CRLF after a padded string.", _PLAIN + "=\r\n"),
            ("stops-at-padding", "Complete padding ends the string.", _PLAIN + "=ignored!"),
        ],
        "utf8": [
            (
                "ascii",
                "A passphrase as its own octets.",
                "correct horse battery staple, and 4 more",
            ),
            (
                "non-ascii",
                "Octets count: 32 of them in 24 characters.",
                "Schlüßel→ 💾 für das Netz",
            ),
            ("whitespace", "Nothing is trimmed.", "  thirty-two octets and whitespace \n"),
            ("of-base64", "A string that could be base64, as it stands.", _PLAIN),
        ],
        "base64": [
            ("alphabet", "Only '+' and '/'.", _STANDARD),
            ("padded", "With the padding due.", b64encode(octets("base64", 32)).decode()),
            ("unpadded", "Without the padding.", b64encode(octets("base64", 32)).decode()[:-1]),
        ],
        "hex": [
            ("lower", "Lower case.", octets("hex", 32).hex()),
            ("upper", "Upper case.", octets("hex", 32).hex().upper()),
            ("mixed", "Mixed case.", octets("hex", 16).hex().upper() + octets("xeh", 16).hex()),
        ],
        "bytes": [
            ("all-zero", "Zeros are octets too.", "00" * 32),
            (
                "trailing-zeros",
                "HMAC fills a short key up with zeros, so these two change nothing.",
                octets("a key of 32 octets", 32).hex() + "0000",
            ),
        ],
    }
    return [
        accepted(f"key-{format_}-{name}", comment, key=SharedKey(format_, value))
        for format_, cases in by_format.items()
        for name, comment, value in cases
    ]


def _sizes() -> list[Vector]:
    def comment(size: int) -> str:
        return (
            "Up to 64 octets are used as they are."
            if size <= 64
            else "Above 64, it is hashed first."
        )

    return [
        accepted(
            f"key-size-{size}",
            comment(size),
            key=SharedKey("bytes", octets(f"key of {size}", size).hex()),
        )
        for size in (32, 33, 63, 64, 65, 128, 200)
    ]


def _weak() -> list[Vector]:
    short = octets("a weak key", 31)
    cases = [
        ("jwk", "31 octets, one too few.", b64u(short)),
        ("jwk-lenient", "Seven octets after foreign characters.", "c2Vj!!!!cmV0LQ"),
        ("utf8", "A password.", "secret"),
        ("base64", "31 octets, one too few.", b64encode(short).decode()),
        ("hex", "31 octets, one too few.", short.hex()),
        ("bytes", "One octet.", "00"),
    ]
    return [
        accepted(f"weak-key-{format_}", comment, key=SharedKey(format_, value), allow_weak=True)
        for format_, comment, value in cases
    ]


def _auto() -> list[Vector]:
    cases = [
        ("matches-jwk", "jwk", "Both readings are usable; the sender decoded the string.", _PLAIN),
        ("matches-utf8", "utf8", "Both are usable; the sender took the string's octets.", _PLAIN),
        (
            "malformed-jwk",
            "utf8",
            "No base64url, so one reading is left.",
            "a shared secret with spaces in it",
        ),
        ("short-jwk", "utf8", "24 octets as jwk, so one reading is left.", octets("x", 16).hex()),
    ]
    return [
        accepted(f"auto-{name}", comment, key=SharedKey("auto", value), reading=reading)
        for name, reading, comment, value in cases
    ]
