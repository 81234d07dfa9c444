"""Mistakes that `mypy --strict` finds, each with the code of its complaint; see ../test_typing.py."""

from typing import Any

from hookseal import Key, Signer, VerificationError, Verified, Verifier, explain, sign
from hookseal.asgi import SignatureMiddleware


def mistakes(verifier: Verifier, body: bytes, text: str, parsed: dict[str, Any], app: Any) -> None:
    verifier.verify(text, "signature")  # [arg-type]
    verifier.verify(parsed, "signature")  # [arg-type]
    verifier.verify(body)  # [call-arg]
    verifier.verify(body, 1)  # [arg-type]
    verifier.stream("signature").update(text)  # [arg-type]
    sign(parsed, "key")  # [arg-type]
    sign(body, None)  # [arg-type]
    sign(body, "key", "utf8")  # [call-arg]
    sign(body, "key", key_format="auto")  # [arg-type]
    Verifier()  # [call-arg]
    Verifier(None)  # [arg-type]
    Verifier("key", key_format="bytes")  # [arg-type]
    Verifier("key", policy="any")  # [arg-type]
    Signer(["one", "two"])  # [arg-type]
    Key.from_hex(b"00")  # [arg-type]
    Key.from_bytes("00")  # [arg-type]
    SignatureMiddleware(app, "key")  # [arg-type]
    explain("key", text, "signature")  # [arg-type]
    explain(Key.from_utf8("key"), body, "signature")  # [arg-type]
    explain(["key", b"key"], body, "signature")  # [arg-type]
    print(explain("key", body, "signature").code == "signature_missmatch")  # [comparison-overlap]


def results(verified: Verified, error: VerificationError) -> None:
    verified.key_index = 1  # [misc]
    if not verified:
        print("never")  # [unreachable]
    print(error.code == "signature_missmatch")  # [comparison-overlap]


class Mine(Verifier):  # [misc]
    pass
