"""Explanations: each cause made by the tool that makes it in the field."""

import base64
import gzip
import json
import mmap
import random
import re
from typing import Any

import pytest

import hookseal
from hookseal import Explanation, Key, Signer, explain, sign
from hookseal.types import Signature
from support import BODY, PROTECTED, SHARED_KEY, SIGNATURE

DATA = {"id": 7, "text": "Grüße </b>", "payload": {"percent": 4.0, "service": ["db", "app"], "none": None}}
JSON = json.dumps(DATA, separators=(",", ":"), ensure_ascii=False).encode()
LINES = b"a\nb\nc"


def causes(explanation: Explanation) -> list[str]:
    assert not explanation.valid
    return [cause.id for cause in explanation.causes]


@pytest.mark.parametrize(
    ("signed", "arrived", "cause", "detail"),
    [
        (JSON, JSON + b"\n", "body.newline_added", {}),
        (JSON + b"\n", JSON, "body.newline_removed", {}),
        (LINES, LINES.replace(b"\n", b"\r\n"), "body.lf_to_crlf", {}),
        (LINES.replace(b"\n", b"\r\n"), LINES, "body.crlf_to_lf", {}),
        (JSON, b"\xef\xbb\xbf" + JSON, "body.bom_added", {}),
        (b"\n" + JSON + b"\n", JSON, "body.trimmed", {}),
        (json.dumps(DATA, ensure_ascii=False).encode(), JSON, "body.json_reserialised", {"style": "python"}),
        (json.dumps(DATA).encode(), JSON, "body.json_reserialised", {"style": "python_ascii"}),
        (json.dumps(DATA, indent=2, ensure_ascii=False).encode(), JSON, "body.json_reserialised", {"style": "indent2"}),
        (JSON, json.dumps(JSON.decode()).encode(), "body.json_string", {}),
        (JSON, base64.b64encode(JSON), "body.base64", {}),
        (JSON, gzip.compress(JSON), "body.compressed", {}),
        (JSON, JSON.decode("latin-1").encode(), "body.latin1", {}),
        (b"", JSON, "body.empty", {}),
    ],
)
def test_what_happened_to_the_body(signed: bytes, arrived: bytes, cause: str, detail: dict[str, str]) -> None:
    explanation = explain(SHARED_KEY, arrived, sign(signed, SHARED_KEY))
    assert causes(explanation) == [cause]
    [found] = explanation.causes
    assert (found.family, found.found[:20]) == ("body", "The signature matche")
    assert found.fix.endswith(".")
    assert detail.items() <= found.detail.items()
    assert (explanation.code, explanation.key_index, explanation.key_format) == ("signature_mismatch", 0, "jwk")


@pytest.mark.parametrize(
    ("signed_with", "configured", "cause"),
    [
        (Key.from_utf8(SHARED_KEY), SHARED_KEY, None),
        (Key.from_jwk_k(SHARED_KEY), f" {SHARED_KEY}\n", "key.surrounding_whitespace"),
        (Key.from_jwk_k(SHARED_KEY), f'"{SHARED_KEY}"', "key.quotes"),
        (Key.from_jwk_k(SHARED_KEY), json.dumps({"kty": "oct", "k": SHARED_KEY}), "key.jwk_json"),
        (Key.from_jwk_k(SHARED_KEY), f"export SHARED_KEY={SHARED_KEY}", "key.assignment"),
        (Key.from_jwk_k(SHARED_KEY), f"base64:{SHARED_KEY}", "key.prefix"),
        (Key.from_hex("ab" * 32), "AB" * 32, "key.hex"),
    ],
)
def test_what_is_wrong_with_the_key(signed_with: Key, configured: str, cause: str | None) -> None:
    explanation = explain(configured, BODY, sign(BODY, signed_with))
    if cause is None:
        assert explanation.valid
    else:
        assert causes(explanation) == [cause]
        assert explanation.causes[0].family == "key"
        assert explanation.key_format == signed_with.format


def test_a_reading_that_is_not_configured() -> None:
    explanation = explain(SHARED_KEY, BODY, SIGNATURE, key_format="utf8")
    assert causes(explanation) == ["key.jwk"]


def test_a_key_and_a_body_at_once() -> None:
    explanation = explain(f"'{SHARED_KEY}'", JSON, sign(JSON + b"\n", SHARED_KEY))
    assert causes(explanation) == ["key.quotes", "body.newline_removed"]


@pytest.mark.parametrize(
    ("value", "cause"),
    [(f'"{SIGNATURE}"', "value.quoted"), (f" {SIGNATURE}", "value.whitespace"), (SIGNATURE + "=", "value.padding")],
)
def test_what_happened_to_the_value(value: str, cause: str) -> None:
    assert causes(explain(SHARED_KEY, BODY, value)) == [cause]


def test_what_else_was_signed() -> None:
    encoded = base64.urlsafe_b64encode(JSON).rstrip(b"=")
    assert causes(explain(SHARED_KEY, JSON, sign(encoded, SHARED_KEY))) == ["input.payload_encoded"]


def test_what_cannot_be_undone_is_a_note() -> None:
    for arrived, note in [
        (b"", "damage.empty_body"),
        (JSON.replace(b"\xc3\xbc", b"\xef\xbf\xbd"), "damage.replacement_character"),
    ]:
        explanation = explain(SHARED_KEY, arrived, sign(JSON, SHARED_KEY))
        assert causes(explanation) == [] and [note.id for note in explanation.notes] == [note]


def test_the_key_of_a_rotation_is_told() -> None:
    keys = ["n" * 43, "o" * 43]
    explanation = explain(keys, b"{}", Signer(keys[1], key_format="utf8").sign(b"{}\n"))
    assert causes(explanation) == ["body.newline_removed"]
    assert (explanation.key_index, explanation.key_format) == (1, "utf8")


def test_a_valid_signature_needs_no_explanation() -> None:
    explanation = explain(SHARED_KEY, BODY, SIGNATURE)
    assert (explanation.valid, explanation.code, explanation.message) == (True, None, None)
    assert (explanation.causes, explanation.notes, explanation.tried) == ((), (), 1)
    assert (explanation.key_index, explanation.key_format) == (0, "jwk")


def test_nothing_is_named_that_is_not_proved(rng: random.Random) -> None:
    for _ in range(200):
        value = sign(rng.randbytes(rng.randint(0, 200)), rng.randbytes(32))
        explanation = explain(SHARED_KEY, JSON, value)
        assert causes(explanation) == []
        assert explanation.key_index is None and explanation.key_format is None
        assert 0 < explanation.tried <= 512
        ruled_out = explanation.ruled_out
        assert min(ruled_out["keys"], ruled_out["bodies"], ruled_out["inputs"], ruled_out["pairs"]) > 0


@pytest.mark.parametrize(
    ("value", "code", "note"),
    [
        ("sha256=" + "ab" * 32, "malformed_compact", "scheme.prefixed_hex"),
        ("t=1700000000,v1=" + "ab" * 32, None, "scheme.timestamped"),
        ("eyJhbGciOiJSUzI1NiJ9.." + "A" * 43, "unsupported_alg", "scheme.asymmetric"),
        (f"{PROTECTED}.e30.{'A' * 43}", "payload_not_detached", "scheme.jwt"),
    ],
)
def test_other_schemes_are_recognised(value: str, code: str | None, note: str) -> None:
    explanation = explain(SHARED_KEY, BODY, value)
    assert note in [note.id for note in explanation.notes]
    assert code in (explanation.code, None)
    for found in explanation.notes:
        assert found.found and found.fix and repr(found).startswith(f"Note(id='{found.id}'")


def test_raw_octets_are_the_key_itself() -> None:
    key = bytes(range(32))
    for configured in (key, bytearray(key), memoryview(key), [key], (bytes(32), key)):
        explanation = explain(configured, b"{}", sign(b"{}\n", key))
        assert (causes(explanation), explanation.key_format) == (["body.newline_removed"], "bytes")


def test_the_body_may_be_anything_like_bytes() -> None:
    value = sign(BODY + b"\n", SHARED_KEY)
    with mmap.mmap(-1, len(BODY)) as mapped:
        mapped[:] = BODY
        for body in (BODY, bytearray(BODY), memoryview(BODY), mapped):
            assert causes(explain(SHARED_KEY, body, value)) == ["body.newline_removed"]


def test_the_signature_is_what_a_framework_gives() -> None:
    for signature in (SIGNATURE.encode(), [SIGNATURE], (SIGNATURE.encode(),)):
        assert explain(SHARED_KEY, BODY, signature).valid
    missing: list[Signature] = [None, "", b"", [""], ()]
    assert {explain(SHARED_KEY, BODY, signature).code for signature in missing} == {"missing_signature"}
    several = explain(SHARED_KEY, BODY, [SIGNATURE, SIGNATURE])
    assert several.code == "multiple_signatures"
    assert several == explain(SHARED_KEY, BODY, f"{SIGNATURE}, {SIGNATURE}")


def test_an_unusable_key_is_explained_and_not_shown() -> None:
    explanation = explain("short§key", BODY, SIGNATURE)
    assert explanation.code == "no_usable_key"
    assert "key.unusable" in [note.id for note in explanation.notes]
    weak = explain("c2hvcnQ", BODY, sign(BODY + b"\n", Key.from_utf8("c2hvcnQ", allow_weak_key=True)))
    assert weak.code == "no_usable_key"
    allowed = explain("c2hvcnQ", BODY, sign(BODY, Key.from_utf8("c2hvcnQ", allow_weak_key=True)), allow_weak_key=True)
    assert allowed.valid
    told = json.dumps([explanation.to_dict(), repr(explanation), explanation.message, explanation.notes[0].found])
    assert "§" not in told and "short§" not in told
    one = explain("s§" * 40, BODY, SIGNATURE, key_format="jwk")
    assert one.code == "invalid_key" and "§" not in str(one.message) + json.dumps(one.to_dict(), ensure_ascii=False)


def test_the_policy_counts() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","b64":false,"crit":["b64"],"kid":"1"}').rstrip(b"=").decode()
    import hmac

    key = base64.urlsafe_b64decode(SHARED_KEY + "==")
    mac = base64.urlsafe_b64encode(hmac.digest(key, f"{header}.".encode() + BODY, "sha256")).rstrip(b"=").decode()
    assert explain(SHARED_KEY, BODY, f"{header}..{mac}", policy="rfc7797").valid
    assert causes(explain(SHARED_KEY, BODY, f"{header}..{mac}")) == ["input.other_header"]


def test_the_dict_is_that_of_the_contract() -> None:
    explanation = explain(SHARED_KEY, JSON, sign(JSON + b"\n", SHARED_KEY))
    answer = json.loads(json.dumps(explanation.to_dict()))
    [cause] = explanation.causes
    assert answer == {
        "valid": False,
        "code": "signature_mismatch",
        "key": {"index": 0, "format": "jwk"},
        "causes": [
            {"id": cause.id, "family": "body", "found": cause.found, "fix": cause.fix, "detail": cause.detail},
        ],
        "notes": [],
        "tried": explanation.tried,
        "exhausted": False,
        "ruled_out": {"keys": 0, "bodies": 0, "inputs": 0, "pairs": 0},
    }
    valid = explain(SHARED_KEY, BODY, SIGNATURE).to_dict()
    assert (valid["valid"], valid["code"], valid["causes"]) == (True, None, [])


def test_answers_are_values() -> None:
    one, same = (explain(SHARED_KEY, JSON, sign(JSON + b"\n", SHARED_KEY)) for _ in range(2))
    assert one == same and one.causes == same.causes and one != explain(SHARED_KEY, BODY, SIGNATURE)
    assert repr(one) == "Explanation(valid=False, code='signature_mismatch', causes=['body.newline_removed'])"
    assert repr(explain(SHARED_KEY, BODY, SIGNATURE)) == "Explanation(valid=True, code=None, causes=[])"
    assert re.fullmatch(r"Cause\(id='body.newline_removed', detail=\{.*\}\)", repr(one.causes[0]))
    with pytest.raises(AttributeError):
        one.valid = True  # type: ignore[misc]
    one.causes[0].detail["style"] = "other"
    assert one == same
    for kind in (hookseal.Explanation, hookseal.Cause, hookseal.Note):
        with pytest.raises(TypeError):
            kind()


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "says"),
    [
        ((Key.from_utf8("k" * 32), BODY, SIGNATURE), {}, TypeError, "a Key cannot be explained"),
        ((None, BODY, SIGNATURE), {}, TypeError, "the shared key is None"),
        ((7, BODY, SIGNATURE), {}, TypeError, "not int"),
        ((["text", b"octets"], BODY, SIGNATURE), {}, TypeError, "all str or all bytes"),
        (([], BODY, SIGNATURE), {}, ValueError, "the list of shared keys is empty"),
        ((SHARED_KEY, BODY.decode(), SIGNATURE), {}, TypeError, "pass the raw body"),
        ((SHARED_KEY, {"id": 1}, SIGNATURE), {}, TypeError, "pass the raw body"),
        ((SHARED_KEY, BODY, 7), {}, TypeError, "the signature must be"),
        ((SHARED_KEY, BODY, [None]), {}, None, "missing_signature"),
        ((SHARED_KEY, BODY, [7]), {}, TypeError, "not int"),
        ((SHARED_KEY, BODY, SIGNATURE), {"key_format": "bytes"}, ValueError, "key_format must be"),
        ((SHARED_KEY, BODY, SIGNATURE), {"policy": "any"}, ValueError, "policy must be"),
    ],
)
def test_bad_input_says_what_to_pass(
    arguments: tuple[Any, ...], keywords: dict[str, Any], error: type[Exception] | None, says: str
) -> None:
    if error is None:
        assert explain(*arguments, **keywords).code == says
        return
    with pytest.raises(error, match=re.escape(says)):
        explain(*arguments, **keywords)


def test_lone_surrogates_are_no_trouble() -> None:
    assert explain("\udcff" * 40, BODY, SIGNATURE).code == "no_usable_key"
    assert explain(SHARED_KEY, BODY, SIGNATURE + "\ud800").code is not None


def test_a_large_body_ends() -> None:
    explanation = explain(SHARED_KEY, bytes(80 << 20), SIGNATURE)
    assert causes(explanation) == [] and explanation.exhausted
