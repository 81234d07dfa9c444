"""What the tests share: a key, and the vectors."""

import json
from pathlib import Path
from typing import Any

SHARED_KEY = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
"""That of RFC 7797 §4.2."""

BODY = b"$.02"
"""The body of RFC 7797 §4.2."""

PROTECTED = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19"

SIGNATURE = f"{PROTECTED}..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"
"""The value of RFC 7797 §4.2."""

VECTORS = Path(__file__).parents[3] / "test-vectors"


def vectors(name: str, at_least: int) -> list[Any]:
    """The vectors of a file, of which there are so many: an empty file is no reason to be content."""
    loaded: list[Any] = json.loads((VECTORS / name).read_text())["vectors"]
    assert len(loaded) >= at_least
    return loaded


def body_of(vector: dict[str, Any]) -> bytes:
    match vector["body"]:
        case {"utf8": text}:
            return bytes(text, "utf-8")
        case {"hex": octets}:
            return bytes.fromhex(octets)
        case {"repeat": {"hex": octets, "count": count}}:
            return bytes.fromhex(octets) * int(count)
        case other:
            raise AssertionError(f"an unknown body: {other}")


def in_pieces(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


REFUSALS: list[tuple[dict[str, str], int, str]] = [
    ({}, 401, "missing_signature"),
    ({"X-JWS-Signature": ""}, 401, "missing_signature"),
    ({"X-JWS-Signature": SIGNATURE[:-1] + "Z"}, 400, "invalid_base64url"),
    ({"X-JWS-Signature": f"{PROTECTED}..{'A' * 43}"}, 401, "signature_mismatch"),
    ({"X-JWS-Signature": "sha256=0ae8"}, 400, "malformed_compact"),
    ({"X-JWS-Signature": f"{SIGNATURE}, {SIGNATURE}"}, 400, "multiple_signatures"),
    ({"X-JWS-Signature": "eyJhbGciOiJSUzI1NiJ9..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY"}, 401, "unsupported_alg"),
]
"""Headers that BODY does not verify with, and the answer."""


def refusal(code: str) -> bytes:
    """All that a sender is told."""
    return b'{"code":"%s"}\n' % code.encode()
