"""Other libraries than the recipe's, in both directions.

`sign` prints {"library", "key", "body" (hex), "signature"} for each body and library. `verify` reads {"key", "body",
"signature"}, a line each, and prints which libraries accept it: {"joserfc": true, ...}.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable

import joserfc.jwk
import joserfc.jws
import jwcrypto.common
import jwcrypto.jwk
import jwcrypto.jws
import jwt.api_jws
import jwt.exceptions
from joserfc.errors import JoseError

import material

HEADER = {"alg": "HS256", "b64": False, "crit": ["b64"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["sign", "verify"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.what == "verify":
        verify_all()
    else:
        sign_all(arguments.seed, arguments.count)


def sign_all(seed: int, count: int) -> None:
    rng = random.Random(f"libraries {seed}")
    for key in material.keys(seed, count):
        # Text, and not too much of it: joserfc signs no other bodies.
        body = json.dumps({"text": material.utf8(rng, rng.randint(0, 1000)).decode(errors="ignore")}).encode()
        for library, sign in SIGNERS.items():
            signature = sign(key, body)
            print(json.dumps({"library": library, "key": key, "body": body.hex(), "signature": signature}))


def verify_all() -> None:
    for line in sys.stdin:
        given = json.loads(line)
        body = bytes.fromhex(given["body"])
        accepted = {library: verify(given["key"], body, given["signature"]) for library, verify in VERIFIERS.items()}
        print(json.dumps(accepted))


def octets(key: str) -> bytes:
    return jwcrypto.common.base64url_decode(key)


def sign_joserfc(key: str, body: bytes) -> str:
    return joserfc.jws.serialize_compact(HEADER, body, joserfc.jwk.OctKey.import_key(octets(key)))


def sign_pyjwt(key: str, body: bytes) -> str:
    """As PyJWT does it unless told: with a `typ`."""
    headers = {"b64": False, "crit": ["b64"]}
    return jwt.api_jws.encode(body, octets(key), "HS256", headers, is_payload_detached=True)


def sign_pyjwt_without_typ(key: str, body: bytes) -> str:
    headers = {"b64": False, "crit": ["b64"], "typ": None}
    return jwt.api_jws.encode(body, octets(key), "HS256", headers, is_payload_detached=True)


def verify_joserfc(key: str, body: bytes, signature: str) -> bool:
    try:
        joserfc.jws.deserialize_compact(signature, joserfc.jwk.OctKey.import_key(octets(key)), payload=body)
    except JoseError:
        return False
    return True


def verify_jwcrypto(key: str, body: bytes, signature: str) -> bool:
    token = jwcrypto.jws.JWS()
    token.deserialize(signature)
    try:
        token.verify(jwcrypto.jwk.JWK(kty="oct", k=key), detached_payload=body)
    except jwcrypto.jws.InvalidJWSSignature:
        return False
    return True


def verify_pyjwt(key: str, body: bytes, signature: str) -> bool:
    try:
        jwt.api_jws.decode(signature, octets(key), ["HS256"], detached_payload=body)
    except jwt.exceptions.InvalidSignatureError:
        return False
    return True


SIGNERS: dict[str, Callable[[str, bytes], str]] = {
    "joserfc": sign_joserfc,
    "PyJWT": sign_pyjwt,
    "PyJWT without typ": sign_pyjwt_without_typ,
}
VERIFIERS: dict[str, Callable[[str, bytes, str], bool]] = {
    "joserfc": verify_joserfc,
    "jwcrypto": verify_jwcrypto,
    "PyJWT": verify_pyjwt,
}

if __name__ == "__main__":
    main()
