"""Other implementations, in both directions, on random bodies."""

import base64
import json
import random
from collections.abc import Callable, Iterator

import joserfc.errors
import joserfc.jwk
import joserfc.jws
import jwcrypto.jwk
import jwcrypto.jws
import jwt.api_jws
import jwt.exceptions
import pytest

from hookseal import PROTECTED_HEADER, VerificationError, Verifier, sign

HEADER = json.loads(PROTECTED_HEADER)
ROUNDS = 100
REFUSALS = (jwcrypto.jws.InvalidJWSSignature, joserfc.errors.BadSignatureError, jwt.exceptions.InvalidSignatureError)


def octets(key: str) -> bytes:
    return base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))


def sign_jwcrypto(key: str, body: bytes) -> str:
    """The vendor's recipe."""
    signature = jwcrypto.jws.JWS(body)
    signature.add_signature(jwcrypto.jwk.JWK(kty="oct", k=key), protected=PROTECTED_HEADER)
    signature.detach_payload()
    value: str = signature.serialize(compact=True)
    return value


def sign_joserfc(key: str, body: bytes) -> str:
    return joserfc.jws.serialize_compact(HEADER, body, joserfc.jwk.OctKey.import_key(octets(key)))


def sign_pyjwt(key: str, body: bytes) -> str:
    headers = {"b64": False, "crit": ["b64"]}
    return jwt.api_jws.encode(body, octets(key), "HS256", headers, is_payload_detached=True)


def verify_jwcrypto(key: str, body: bytes, value: str) -> None:
    token = jwcrypto.jws.JWS()
    token.deserialize(value)
    token.verify(jwcrypto.jwk.JWK(kty="oct", k=key), detached_payload=body)


def verify_joserfc(key: str, body: bytes, value: str) -> None:
    joserfc.jws.deserialize_compact(value, joserfc.jwk.OctKey.import_key(octets(key)), payload=body)


def verify_pyjwt(key: str, body: bytes, value: str) -> None:
    jwt.api_jws.decode(value, octets(key), ["HS256"], detached_payload=body)


def cases(rng: random.Random, text_only: bool) -> Iterator[tuple[str, bytes]]:
    for _ in range(ROUNDS):
        key = base64.urlsafe_b64encode(rng.randbytes(rng.choice([32, 48, 64, 100]))).decode().rstrip("=")
        size = rng.choice([0, 1, 2, 63, 64, 65, 200, 1495, rng.randint(0, 100_000)])
        yield key, json.dumps("ü" * (size // 8)).encode() if text_only else rng.randbytes(size)


@pytest.mark.parametrize(
    ("foreign_sign", "text_only"), [(sign_jwcrypto, False), (sign_joserfc, True), (sign_pyjwt, False)]
)
def test_what_others_sign_verifies(
    rng: random.Random, foreign_sign: Callable[[str, bytes], str], text_only: bool
) -> None:
    for key, body in cases(rng, text_only):
        value = foreign_sign(key, body)
        # PyJWT adds a typ and sorts the members.
        verifier = Verifier(key, policy="rfc7797" if foreign_sign is sign_pyjwt else "fixed")
        assert verifier.verify(body, value).key_format == "jwk"
        with pytest.raises(VerificationError, match="the signature"):
            verifier.verify(body + b"\n", value)


def test_the_recipe_signs_as_we_do(rng: random.Random) -> None:
    for key, body in cases(rng, text_only=False):
        assert sign(body, key) == sign_jwcrypto(key, body)


@pytest.mark.parametrize("foreign_verify", [verify_jwcrypto, verify_joserfc, verify_pyjwt])
def test_others_verify_what_we_sign(rng: random.Random, foreign_verify: Callable[[str, bytes, str], None]) -> None:
    for key, body in cases(rng, text_only=False):
        foreign_verify(key, body, sign(body, key))
        with pytest.raises(REFUSALS):
            foreign_verify(key, body + b"!", sign(body, key))
