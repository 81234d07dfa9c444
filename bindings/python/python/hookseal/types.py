"""Names for type annotations.

>>> from hookseal import VerificationError
>>> from hookseal.types import VerificationCode
>>> def is_forged(error: VerificationError) -> bool:
...     code: VerificationCode = error.code
...     return code == "signature_mismatch"
"""

from typing import Literal, TypeAlias, TypedDict

from hookseal import Key

__all__ = [
    "ConfiguredKey",
    "ConfiguredKeys",
    "Family",
    "KeyCode",
    "KeyFormat",
    "Policy",
    "RuledOut",
    "SharedKey",
    "SharedKeys",
    "Signature",
    "TextKeyFormat",
    "VerificationCode",
]

# Unions throughout: mypy sees a Literal of several names as one, and stubtest wants to find what mypy sees.

VerificationCode: TypeAlias = (
    # 401: the sender is not proved
    Literal[
        "missing_signature",
        "unsupported_alg",
        "b64_not_false",
        "crit_missing_b64",
        "unsupported_crit",
        "header_not_allowed",
        "signature_mismatch",
    ]
    # 400: the value is malformed
    | Literal[
        "multiple_signatures",
        "malformed_compact",
        "payload_not_detached",
        "invalid_base64url",
        "invalid_header_json",
        "duplicate_header_parameter",
        "invalid_signature_length",
    ]
    # 413
    | Literal["body_too_large"]
)
"""Why a delivery is refused."""

KeyCode: TypeAlias = Literal["weak_key"] | Literal["invalid_key", "no_usable_key"]
"""Why a key cannot be used."""

TextKeyFormat: TypeAlias = Literal["jwk", "jwk-lenient"] | Literal["utf8", "base64", "hex"]
"""How a shared key that is a str can be read."""

KeyFormat: TypeAlias = TextKeyFormat | Literal["bytes"]
"""How a key was read."""

Policy: TypeAlias = Literal["fixed"] | Literal["rfc7797"]
"""Which protected headers are accepted."""

SharedKey: TypeAlias = str | bytes | bytearray | memoryview | Key
"""A shared key as it is configured, the key's raw octets, or a key that is read already."""

SharedKeys: TypeAlias = list[str] | list[bytes] | list[Key] | list[SharedKey] | tuple[SharedKey, ...]
"""Several shared keys, while they are rotated."""

ConfiguredKey: TypeAlias = str | bytes | bytearray | memoryview
"""A shared key as it is configured or the key's raw octets: what can be explained."""

ConfiguredKeys: TypeAlias = (
    list[str] | list[bytes] | tuple[str, ...] | tuple[bytes, ...] | list[bytes | bytearray | memoryview]
)
"""Several of them, all read alike."""

Signature: TypeAlias = str | bytes | list[str] | list[bytes] | tuple[str | bytes, ...] | None
"""The header's value as a framework gives it, or the list of all its values."""

Family: TypeAlias = Literal["key", "body"] | Literal["input", "value"]
"""What a cause is about."""


class RuledOut(TypedDict):
    """How many hypotheses of each kind MACs disproved."""

    keys: int
    """Other keys with the body as it arrived."""

    bodies: int
    """Changes of the body with the configured keys."""

    inputs: int
    """Other signing inputs with the configured keys."""

    pairs: int
    """Another key and another change at once."""
