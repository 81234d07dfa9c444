"""Every vector of test-vectors/."""

from collections.abc import Callable
from typing import Any

import pytest

import hookseal
from hookseal import InvalidKeyError, Key, Signer, VerificationError, Verified, Verifier
from support import body_of, in_pieces, vectors

VALID = vectors("valid.json", 60)
INVALID = vectors("invalid.json", 80)
KEYS = vectors("keys.json", 40)

PROBE = b"probe"

READ: dict[str, Callable[..., Key]] = {
    "jwk": Key.from_jwk_k,
    "jwk-lenient": Key.from_jwk_k_lenient,
    "utf8": Key.from_utf8,
    "base64": Key.from_base64,
    "hex": Key.from_hex,
    "bytes": lambda octets, allow_weak_key: Key.from_bytes(bytes.fromhex(octets), allow_weak_key=allow_weak_key),
}


def named(vectors: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["id"]) for vector in vectors])


def key_of(vector: dict[str, Any]) -> Key:
    key = vector["key"]
    return READ[key["format"]](key["value"], allow_weak_key=vector.get("allow_weak_key", False))


def verifier_of(vector: dict[str, Any], policy: Any = "fixed") -> Verifier:
    weak = vector.get("allow_weak_key", False)
    if vector["key"]["format"] == "auto":
        return Verifier(vector["key"]["value"], policy=policy, allow_weak_key=weak)
    return Verifier(key_of(vector), policy=policy)


def verify(vector: dict[str, Any]) -> Verified | VerificationError:
    """What the whole body gives, once the stream has been seen to give the same of it in pieces."""
    verifier = verifier_of(vector, vector["policy"])
    body, signature = body_of(vector), vector["signature"]
    attempts: list[Callable[[], Verified]] = [
        lambda: verifier.verify(body, signature),
        lambda: verifier.verify(bytearray(body), signature.encode()),
        lambda: streamed(verifier, in_pieces(body, 7), signature),
        lambda: streamed(verifier, in_pieces(body, 64 * 1024), signature),
    ]
    results: list[Verified | VerificationError] = []
    for attempt in attempts:
        try:
            results.append(attempt())
        except VerificationError as error:
            results.append(error)
    texts = {str(result) for result in results}
    assert len(texts) == 1, texts
    return results[0]


def streamed(verifier: Verifier, pieces: list[bytes], signature: str) -> Verified:
    stream = verifier.stream(signature)
    for piece in pieces:
        stream.update(piece)
    return stream.finish()


@named(VALID)
def test_valid_signatures_verify(vector: dict[str, Any]) -> None:
    verified = verify(vector)
    assert isinstance(verified, Verified), verified
    expected_format = vector.get("key_format", vector["key"]["format"])
    assert (verified.key_index, verified.key_format) == (0, expected_format)
    assert verified.header_parameters == vector.get("header_parameters", {})
    assert list(verified.header_parameters) == list(vector.get("header_parameters", {}))


@named([vector for vector in VALID if vector.get("signs")])
def test_signing_gives_the_very_same_value(vector: dict[str, Any]) -> None:
    key, body = key_of(vector), body_of(vector)
    stream = Signer(key).stream()
    for piece in in_pieces(body, 7):
        stream.update(piece)
    values = {Signer(key).sign(body), hookseal.sign(body, key), stream.finish()}
    if vector["key"]["format"] != "bytes":
        weak = vector.get("allow_weak_key", False)
        values.add(hookseal.sign(body, vector["key"]["value"], key_format=vector["key"]["format"], allow_weak_key=weak))
    assert values == {vector["signature"]}


@named(INVALID)
def test_invalid_signatures_are_refused_with_their_code(vector: dict[str, Any]) -> None:
    error = verify(vector)
    assert isinstance(error, VerificationError), error
    assert error.code == vector["code"]


@named([vector for vector in KEYS if vector["key"]["format"] != "auto"])
def test_key_strings_read_as_they_should(vector: dict[str, Any]) -> None:
    if vector["result"] == "invalid":
        with pytest.raises(InvalidKeyError) as refused:
            key_of(vector)
        assert refused.value.code == vector["code"]
        return
    key = key_of(vector)
    assert key.format == vector["key"]["format"]
    # A key shows its octets by what it signs only.
    assert Signer(key).sign(PROBE) == signature_of(vector["hex"])


@named([vector for vector in KEYS if vector["key"]["format"] == "auto"])
def test_shared_keys_are_held_in_every_reading(vector: dict[str, Any]) -> None:
    dropped = [(dropped["format"], dropped["code"]) for dropped in vector["dropped"]]
    if vector["result"] == "invalid":
        with pytest.raises(InvalidKeyError) as refused:
            verifier_of(vector)
        assert (refused.value.code, vector["readings"]) == (vector["code"], [])
        assert len(dropped) == 2
        return
    verifier = verifier_of(vector)
    assert [(dropped.key_format, dropped.code) for dropped in verifier.dropped] == dropped
    for reading in vector["readings"]:
        assert verifier.verify(PROBE, signature_of(reading["hex"])).key_format == reading["format"]
    with pytest.raises(VerificationError) as refused_signature:
        verifier.verify(PROBE, signature_of("5a" * 99))
    tried = {1: "does not match the key", 2: "matches none of the 2 readings of the keys"}[len(vector["readings"])]
    assert str(refused_signature.value) == f"the signature {tried}"


def signature_of(octets: str) -> str:
    return hookseal.sign(PROBE, Key.from_bytes(bytes.fromhex(octets), allow_weak_key=True))
