"""Keys, bodies and key strings that depend on a seed alone."""

import base64
import json
import random
import string
from collections.abc import Iterator

LARGEST_BODY = 64 * 1024
URL_SAFE = string.ascii_letters + string.digits + "-_"
STANDARD = string.ascii_letters + string.digits + "+/"


def keys(seed: int, count: int) -> list[str]:
    """Well-formed shared keys of 32 to 128 octets, in either alphabet, with and without padding."""
    rng = random.Random(f"keys {seed}")
    return [encoded(rng, rng.randbytes(rng.choice([32, 32, 48, 64, rng.randint(32, 128)]))) for _ in range(count)]


def encoded(rng: random.Random, octets: bytes) -> str:
    encode = rng.choice([base64.urlsafe_b64encode, base64.standard_b64encode])
    text = encode(octets).decode()
    return rng.choice([text, text.rstrip("=")])


def bodies(seed: int, count: int, smallest: int = 0) -> list[bytes]:
    """Bodies of up to 64 KiB, most of them of the size that webhooks have."""
    rng = random.Random(f"bodies {seed}")
    sizes = [smallest, LARGEST_BODY, *(max(smallest, size(rng)) for _ in range(count - 2))]
    kinds = [rng.randbytes, lambda size: utf8(rng, size), lambda size: json_text(rng, size)]
    return [rng.choice(kinds)(size) for size in sizes]


def size(rng: random.Random) -> int:
    if rng.randrange(16) == 0:
        return rng.randint(0, LARGEST_BODY)
    return int(8 * 513 ** rng.random()) - 8


def utf8(rng: random.Random, size: int) -> bytes:
    text = "".join(rng.choices("abc .\n\r\0\"\\éß€漢😀\ufeff", k=size))
    return text.encode()[:size]  # a character cut in two is a body too


def json_text(rng: random.Random, size: int) -> bytes:
    value = {"id": rng.getrandbits(64), "ratio": rng.random(), "text": utf8(rng, size).decode(errors="ignore")}
    styles = [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}]
    return json.dumps(value, **rng.choice(styles)).encode()[:size]


def key_strings(seed: int, count: int) -> Iterator[str]:
    """Strings that somebody may have configured as a shared key; about half of them are well formed."""
    rng = random.Random(f"key strings {seed}")
    for _ in range(count):
        key = encoded(rng, rng.randbytes(rng.choice([24, 31, 32, 32, 33, 34, 35, 48, 64])))
        yield rng.choice(_MALFORM)(rng, key)


def _nothing(_rng: random.Random, key: str) -> str:
    return key


def _both_alphabets(rng: random.Random, key: str) -> str:
    return "".join(rng.choice("+-") if c in "+-" else rng.choice("/_") if c in "/_" else c for c in key)


def _any_symbols(rng: random.Random, _key: str) -> str:
    # Of any length, and the last one's unused bits are not zero.
    return "".join(rng.choices(URL_SAFE + STANDARD, k=rng.randint(0, 90)))


def _any_length(rng: random.Random, key: str) -> str:
    return key[: rng.randrange(len(key))]


def _inserted(alphabet: str):
    def insert(rng: random.Random, key: str) -> str:
        for _ in range(rng.choice([1, 1, 1, 2, 3, 4, 8])):
            place = rng.randint(0, len(key))
            key = key[:place] + rng.choice(alphabet) + key[place:]
        return key

    return insert


def _around(alphabet: str):
    def surround(rng: random.Random, key: str) -> str:
        before, after = ("".join(rng.choices(alphabet, k=rng.randint(0, 4))) for _ in range(2))
        return before + key + after

    return surround


def _text(rng: random.Random, _key: str) -> str:
    return "".join(rng.choices(string.printable, k=rng.randint(0, 80)))


def _unicode(rng: random.Random, _key: str) -> str:
    return "".join(chr(rng.choice([*range(0x300), 0x20AC, 0xFEFF, 0xFF1D, 0x1F600])) for _ in range(rng.randint(0, 60)))


_MALFORM = [
    *[_nothing] * 5,
    *[_both_alphabets] * 3,
    *[_any_symbols] * 3,
    _any_length,
    _inserted("!#$%&()*,.:;<>?@[]^`{|}~\\\"'"),
    _inserted("éß€漢😀\u00a0\ufeff＝"),
    _inserted(" \t\r\n\0\x1b\x7f"),
    _inserted("="),
    _around("= \n\""),
    _text,
    _unicode,
]
