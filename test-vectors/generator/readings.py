"""How a shared key's string becomes octets: the reference that keys.json is written from.

Every format is spelled out here with regular expressions and the standard library, except
`jwk-lenient`, whose definition *is* what jwcrypto's decoder does. That one is asked, and checked
against a transcription of CPython 3.11's decoder, so that a Python which decodes differently stops
the generator instead of changing the vectors.
"""

import base64
import re
from dataclasses import dataclass

from jwcrypto.common import base64url_decode

MINIMUM = 32  # octets: RFC 7518 §3.2, the size of the hash's output
AUTO = ("jwk", "utf8")  # what "auto" tries, in this order

_STANDARD_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class KeyRefused(Exception):
    """The string gives no key; the message is the error code."""


@dataclass(frozen=True)
class SharedKey:
    """A key as a vector carries it."""

    format: str
    value: str

    @property
    def json(self) -> dict[str, object]:
        return {"format": self.format, "value": self.value}

    def readings(self, allow_weak: bool = False) -> list[tuple[str, bytes]]:
        """The keys that a verifier holds for this string, in the order it tries them."""
        if self.format != "auto":
            return [(self.format, read(self.format, self.value, allow_weak))]
        kept, _ = read_auto(self.value)
        if not kept:
            raise KeyRefused("no_usable_key")
        return kept


def read(format_: str, value: str, allow_weak: bool = False) -> bytes:
    """The octets that `value` stands for. A malformed string is never merely weak."""
    key = _DECODERS[format_](value)
    if not key:
        raise KeyRefused("invalid_key")  # an empty key authenticates nothing: no flag allows it
    if len(key) < MINIMUM and not allow_weak:
        raise KeyRefused("weak_key")
    return key


def read_auto(value: str) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    """The readings kept, as (format, octets), and those dropped, as (format, code).

    Where none is kept, the error code is no_usable_key.
    """
    kept: list[tuple[str, bytes]] = []
    dropped: list[tuple[str, str]] = []
    for format_ in AUTO:
        try:
            kept.append((format_, read(format_, value)))
        except KeyRefused as refusal:
            dropped.append((format_, str(refusal)))
    return kept, dropped


def _jwk(value: str) -> bytes:
    # Both alphabets, even in one string: `openssl rand -base64 32` makes the standard one.
    return _base64(value.replace("-", "+").replace("_", "/"))


def _standard_base64(value: str) -> bytes:
    key = _base64(value)
    if base64.b64encode(key).rstrip(b"=") != value.encode().rstrip(b"="):
        raise KeyRefused("invalid_key")  # non-zero trailing bits
    return key


def _base64(value: str) -> bytes:
    match = re.fullmatch(r"([A-Za-z0-9+/]*)(=*)", value)
    if match is None:
        raise KeyRefused("invalid_key")
    data, padding = match.groups()
    due = "=" * (-len(data) % 4)
    if len(data) % 4 == 1 or padding not in ("", due):
        raise KeyRefused("invalid_key")
    return base64.b64decode(data + due)


def _jwk_lenient(value: str) -> bytes:
    try:
        key = base64url_decode(value)
    except ValueError:  # binascii.Error is one
        key = None
    if key != _transcribed_decoder(value):
        raise AssertionError(f"this Python does not decode {value!r} as CPython 3.11 does")
    if key is None:
        raise KeyRefused("invalid_key")
    return key


def _transcribed_decoder(value: str) -> bytes | None:
    """jwcrypto's base64url_decode over CPython 3.11's non-strict a2b_base64, step by step."""
    if len(value) % 4 == 1:  # characters, counted before any is dropped
        return None
    value += "=" * (-len(value) % 4)
    groups = bytearray()
    bits = in_group = pads = 0
    for octet in value.encode().replace(b"-", b"+").replace(b"_", b"/"):
        if octet == ord("="):
            # Padding counts only where it may stand, and ends the string once it is complete.
            if in_group >= 2:
                pads += 1
                if in_group + pads >= 4:
                    return bytes(groups)
            continue
        sextet = _STANDARD_ALPHABET.find(octet)
        if sextet < 0:
            continue
        pads = 0  # padding interrupted by data is forgotten
        bits = (bits << 6 | sextet) & 0xFFFF
        in_group = (in_group + 1) % 4
        if in_group != 1:  # every sextet of a group but the first completes an octet
            groups.append(bits >> {2: 4, 3: 2, 0: 0}[in_group] & 0xFF)
    return bytes(groups) if in_group == 0 else None


def _utf8(value: str) -> bytes:
    return value.encode()


def _hex(value: str) -> bytes:
    # bytes.fromhex alone would skip whitespace.
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", value) is None:
        raise KeyRefused("invalid_key")
    return bytes.fromhex(value)


_DECODERS = {
    "jwk": _jwk,
    "jwk-lenient": _jwk_lenient,
    "utf8": _utf8,
    "base64": _standard_base64,
    "hex": _hex,
    "bytes": _hex,  # octets need some spelling in JSON
}
