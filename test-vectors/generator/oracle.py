"""Signs by two unrelated implementations, and judges by a slow, literal reading of the rules.

No vector states a verdict that `judge` does not confirm, so none has a fault that it is not named
after.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field

from jwcrypto import jwk, jws

from .readings import MINIMUM

FIXED_HEADER = '{"alg":"HS256","b64":false,"crit":["b64"]}'
MAX_DEPTH = 32


def b64u(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key: bytes, protected: str, body: bytes) -> bytes:
    """The HMAC over the signing input of RFC 7797: the body goes in as it is."""
    return hmac.digest(key, protected.encode() + b"." + body, hashlib.sha256)


def seal(key: bytes, protected: str, body: bytes) -> str:
    """A header value around any protected part, well formed or not."""
    return f"{protected}..{b64u(mac(key, protected, body))}"


def sign(key: bytes, header: str, body: bytes, k: str | None = None) -> str:
    """Signs twice and insists on one answer. `k` is the JWK member where the key came as one."""
    value = seal(key, b64u(header.encode()), body)
    if len(key) >= MINIMUM:  # jwcrypto refuses shorter keys
        by_recipe = _recipe(b64u(key) if k is None else k, header, body)
        if value != by_recipe:
            raise AssertionError(f"hmac says {value}, jwcrypto says {by_recipe}")
    return value


def _recipe(k: str, header: str, body: bytes) -> str:
    """The documented recipe, line by line."""
    json_web_key = jwk.JWK(kty="oct", k=k)
    sig = jws.JWS(body)
    sig.add_signature(json_web_key, protected=header)
    sig.detach_payload()
    return sig.serialize(compact=True)


class Refused(Exception):
    """The value does not verify; the message is the error code."""


@dataclass(frozen=True)
class Verified:
    """What a verifier reports about a value that it accepts."""

    key_format: str
    header_parameters: dict[str, object]


def judge(readings: list[tuple[str, bytes]], policy: str, body: bytes, value: str) -> Verified:
    """Checks from left to right; the first rule broken gives the code."""
    if not value:
        raise Refused("missing_signature")
    parts_of_list = value.split(",")
    if len(parts_of_list) > 1 and all(part.count(".") == 2 for part in parts_of_list):
        raise Refused("multiple_signatures")
    if value.count(".") != 2:
        raise Refused("malformed_compact")
    protected, payload, signature = value.split(".")
    if payload:
        raise Refused("payload_not_detached")

    header = _decode(protected)
    parameters = _check_header(header)
    if policy == "fixed" and header != FIXED_HEADER.encode():
        raise Refused("header_not_allowed")

    _check_alphabet(signature)
    if len(signature) != 43:
        raise Refused("invalid_signature_length")
    tag = _decode(signature)
    for key_format, key in readings:
        if hmac.compare_digest(tag, mac(key, protected, body)):
            return Verified(key_format, parameters)
    raise Refused("signature_mismatch")


def _check_alphabet(part: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_-]*", part) is None:
        raise Refused("invalid_base64url")


def _decode(part: str) -> bytes:
    _check_alphabet(part)
    if len(part) % 4 == 1:
        raise Refused("invalid_base64url")
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if b64u(data) != part:  # non-zero trailing bits
        raise Refused("invalid_base64url")
    return data


def _check_header(header: bytes) -> dict[str, object]:
    """Checks the members that decide, and returns the others."""
    members = _parse(header)
    parameters = dict(members.pairs)
    if len(parameters) != len(members.pairs):
        raise Refused("duplicate_header_parameter")
    if parameters.pop("alg", None) != "HS256":
        raise Refused("unsupported_alg")
    if parameters.pop("b64", None) is not False:
        raise Refused("b64_not_false")
    crit = parameters.pop("crit", None)
    if not isinstance(crit, list) or "b64" not in crit:
        raise Refused("crit_missing_b64")
    if crit != ["b64"]:
        raise Refused("unsupported_crit")
    return {name: _plain(value) for name, value in parameters.items()}


@dataclass
class _Members:
    """A JSON object with its members in order and none of them dropped."""

    pairs: list[tuple[str, object]] = field(default_factory=list)


def _parse(header: bytes) -> _Members:
    """Python's json, minus what it forgives: NaN, lone surrogates and any depth."""

    def no_constant(_name: str) -> object:
        raise ValueError("NaN and Infinity are not JSON")

    try:
        # Decoding first, because json.loads of bytes would detect UTF-16 and UTF-32 by itself.
        value = json.loads(
            header.decode("utf-8"), object_pairs_hook=_Members, parse_constant=no_constant
        )
        _check_nesting_and_strings(value)
    except (ValueError, RecursionError):  # UnicodeError and JSONDecodeError are ValueErrors
        raise Refused("invalid_header_json") from None
    if not isinstance(value, _Members):
        raise Refused("invalid_header_json")
    return value


def _check_nesting_and_strings(value: object) -> None:
    open_values = [(value, 1)]
    while open_values:  # a loop, since the point is input too deep to recurse into
        value, depth = open_values.pop()
        if isinstance(value, str):
            value.encode()  # refuses lone surrogates
            continue
        if isinstance(value, _Members):
            inner = [part for pair in value.pairs for part in pair]
        elif isinstance(value, list):
            inner = value
        else:
            continue
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        open_values += [(part, depth + 1) for part in inner]


def _plain(value: object) -> object:
    if isinstance(value, _Members):
        return {name: _plain(inner) for name, inner in value.pairs}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
