"""Uses everything that is public. `mypy --strict` has nothing to say about it; see ../test_typing.py."""

import array
import mmap
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any, assert_never, assert_type
from wsgiref.types import WSGIApplication

from fastapi import Depends, FastAPI
from flask import Flask
from starlette.requests import Request

import hookseal
from hookseal import (
    Cause,
    Explanation,
    HookSealError,
    InvalidKeyError,
    Key,
    Note,
    Signer,
    SignStream,
    VerificationError,
    Verified,
    Verifier,
    VerifyStream,
)
from hookseal.asgi import SignatureMiddleware as AsgiMiddleware
from hookseal.django import signed_delivery as django_delivery
from hookseal.fastapi import Delivery, SignedDelivery
from hookseal.flask import signed_delivery as flask_delivery
from hookseal.testing import Receiver
from hookseal.types import (
    Family,
    KeyCode,
    KeyFormat,
    Policy,
    RuledOut,
    SharedKey,
    Signature,
    TextKeyFormat,
    VerificationCode,
)
from hookseal.wsgi import SignatureMiddleware as WsgiMiddleware


def sign(body: bytes | bytearray | memoryview | mmap.mmap | array.array[int], key: SharedKey) -> str:
    value = hookseal.sign(body, key)
    assert_type(value, str)
    assert_type(hookseal.sign(body, key, key_format="utf8", allow_weak_key=True), str)
    signer = Signer(key, key_format="hex")
    assert_type(signer.sign(body), str)
    stream = signer.stream()
    assert_type(stream, SignStream)
    stream.update(body)
    return stream.finish()


def verify(body: bytes, signature: Signature, text_format: TextKeyFormat, policy: Policy) -> Verified:
    verifiers = [
        Verifier("shared key"),
        Verifier(b"octets", "old key", key_format="auto"),
        Verifier(["new", "old"], key_format=text_format, policy=policy),
        Verifier((Key.from_base64("…"), bytearray(32)), allow_weak_key=True),
    ]
    verified = verifiers[0].verify(body, signature)
    assert_type(verified.key_index, int)
    assert_type(verified.key_format, KeyFormat)
    assert_type(verified.header_parameters, dict[str, object])
    for dropped in verifiers[0].dropped:
        assert_type(dropped.code, KeyCode)
        assert_type((dropped.key_index, dropped.key_format, dropped.message), tuple[int, KeyFormat, str])
    stream = verifiers[0].stream(signature)
    assert_type(stream, VerifyStream)
    stream.update(body)
    return stream.finish()


def values_of_frameworks(
    verifier: Verifier, body: bytes, one: str | None, several: list[str], raw: list[bytes]
) -> None:
    for value in (one, several, raw, b"", ("a", b"b")):
        verifier.verify(body, value)


def keys(text: str, octets: bytes) -> list[Key]:
    made = [
        Key.from_jwk_k(text),
        Key.from_jwk_k_lenient(text, allow_weak_key=True),
        Key.from_utf8(text),
        Key.from_base64(text),
        Key.from_hex(text),
        Key.from_bytes(octets),
    ]
    assert_type(made[0].format, KeyFormat)
    return made


def explain(body: bytes, signature: Signature, keys: list[str]) -> Explanation:
    explanation = hookseal.explain("shared key", body, signature)
    assert_type(explanation.code, VerificationCode | KeyCode | None)
    assert_type((explanation.valid, explanation.exhausted, explanation.tried), tuple[bool, bool, int])
    assert_type((explanation.key_index, explanation.key_format), tuple[int | None, KeyFormat | None])
    assert_type((explanation.causes, explanation.notes), tuple[tuple[Cause, ...], tuple[Note, ...]])
    for cause in explanation.causes:
        assert_type((cause.id, cause.family, cause.found, cause.fix), tuple[str, Family, str, str])
        assert_type(cause.detail, dict[str, str | int])
    assert_type(explanation.ruled_out, RuledOut)
    assert_type(explanation.ruled_out["pairs"], int)
    assert_type(explanation.to_dict(), dict[str, Any])
    hookseal.explain([b"key", b"old"], bytearray(body), [b"value"], policy="rfc7797")
    return hookseal.explain(keys, memoryview(body), None, key_format="jwk", allow_weak_key=True)


def codes(error: VerificationError) -> tuple[str, int]:
    """Every code is known, so a forgotten one does not type-check."""
    code: VerificationCode = error.code
    match code:
        case "missing_signature" | "signature_mismatch" | "unsupported_alg" | "b64_not_false" | "crit_missing_b64":
            return error.hint, error.http_status
        case "unsupported_crit" | "header_not_allowed" | "multiple_signatures" | "malformed_compact":
            return str(error), 400
        case "payload_not_detached" | "invalid_base64url" | "invalid_header_json" | "duplicate_header_parameter":
            return str(error), 400
        case "invalid_signature_length" | "body_too_large":
            return str(error), 400
    assert_never(code)


def errors(verifier: Verifier) -> None:
    try:
        verifier.verify(b"", None)
    except InvalidKeyError as error:
        assert_type(error.code, KeyCode)
    except HookSealError as error:
        assert_type(error.code, str)


App = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


def middleware(asgi: App, wsgi: WSGIApplication, fastapi: FastAPI, verifier: Verifier) -> tuple[App, WSGIApplication]:
    fastapi.add_middleware(AsgiMiddleware, verifier=verifier, paths=["/hooks"])
    return AsgiMiddleware(asgi, verifier, max_body=1), WsgiMiddleware(wsgi, verifier, paths=["/hooks"])


flask = Flask(__name__)


@flask.post("/hooks/<name>")
@flask_delivery(Verifier("key"), max_body=1)
def flask_view(name: str) -> tuple[str, int]:
    return name, 200


@django_delivery(Verifier("key"))
async def django_view(request: object, name: str) -> bytes:
    return name.encode()


assert_type(flask_view("x"), tuple[str, int])


async def endpoints(request: Request) -> Delivery:
    assert_type(await django_view(request, "x"), bytes)
    return await SignedDelivery(Verifier("key"))(request)


async def endpoint(delivery: Annotated[Delivery, Depends(SignedDelivery(Verifier("key")))]) -> bytes:
    assert_type(delivery.verified, Verified)
    return delivery.body


def test_that_receives(hookseal_receiver: Receiver) -> None:
    [delivery] = hookseal_receiver.wait_for(1, "valid", path="/hooks/*", timeout=1)
    assert_type(hookseal_receiver.body(delivery), bytes)
    with Receiver("key", arguments=["--max-body", "2MiB"]) as receiver:
        assert_type((receiver.url, receiver.shared_key), tuple[str, str])
        receiver.wait_for(verdict=None)
