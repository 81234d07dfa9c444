"""What vectors are made of: reproducible octets, bodies, and words for where a value is from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

_REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"

JWCRYPTO_VERSION = next(
    line.removeprefix("jwcrypto==").strip()
    for line in _REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    if line.startswith("jwcrypto==")
)

BY_HMAC = "Python hmac"
BY_STDLIB = "Python standard library"
BY_BOTH = f"jwcrypto {JWCRYPTO_VERSION} and Python hmac"
BY_DECODER = f"jwcrypto {JWCRYPTO_VERSION} base64url_decode"
RFC7797 = "RFC 7797 §4.2"
OVH = "OVHcloud Web PaaS documentation, Health notifications"
WYCHEPROOF_LIKE = "Wycheproof-like"

# RFC 7797 §4.2 entire: the key is that of RFC 7515 appendix A.1.
RFC7797_KEY = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
)
RFC7797_VALUE = (
    "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"
    "..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
)

# The OVH page prints this value but not the 1495-byte body it belongs to.
OVH_KEY = "JWS-SYMMETRIC-KEY"
OVH_VALUE = (
    "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"
    "..fYW9qrjShmEArV17Z1kH6yudoXzpBE3PzJXq_OqrIfM"
)


def octets(label: str, size: int) -> bytes:
    """The first `size` octets of a stream that depends on `label` alone."""
    return hashlib.shake_256(b"hookseal test vectors: " + label.encode()).digest(size)


@dataclass(frozen=True)
class Body:
    """A body, and the shortest way to write it in JSON."""

    octets: bytes
    json: dict[str, object]


def text(value: str) -> Body:
    """A body that is UTF-8, written as text so that people can read it."""
    return Body(value.encode(), {"utf8": value})


def binary(value: bytes) -> Body:
    """A body that is no UTF-8, or not meant to be read."""
    return Body(value, {"hex": value.hex()})


def repeated(unit: bytes, count: int) -> Body:
    """A large body, written small."""
    return Body(unit * count, {"repeat": {"hex": unit.hex(), "count": count}})
