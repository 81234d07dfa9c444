"""Verifying and signing: keys, rotation, policies, streams, results."""

import base64
import hmac
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import hookseal
from hookseal import HookSealError, InvalidKeyError, Key, Signer, VerificationError, Verifier, sign
from support import BODY, PROTECTED, SHARED_KEY, SIGNATURE

OCTETS = bytes(range(32))
KID = '{"alg":"HS256","b64":false,"crit":["b64"],"kid":"2026","n":[1,2.5,null]}'


def signed_with_header(header: str, body: bytes, key: bytes) -> str:
    def encode(octets: bytes) -> str:
        return base64.urlsafe_b64encode(octets).decode().rstrip("=")

    protected = encode(header.encode())
    return f"{protected}..{encode(hmac.digest(key, protected.encode() + b'.' + body, 'sha256'))}"


class TestResult:
    def test_says_what_was_proved(self) -> None:
        verified = Verifier(SHARED_KEY).verify(BODY, SIGNATURE)
        assert (verified.key_index, verified.key_format, verified.header_parameters) == (0, "jwk", {})
        assert repr(verified) == "Verified(key_index=0, key_format='jwk', header_parameters={})"

    def test_is_always_true(self) -> None:
        assert bool(Verifier(SHARED_KEY).verify(BODY, SIGNATURE)) is True

    def test_is_frozen(self) -> None:
        verified = Verifier(SHARED_KEY).verify(BODY, SIGNATURE)
        for name in ("key_index", "key_format", "header_parameters", "other"):
            with pytest.raises(AttributeError):
                setattr(verified, name, 1)

    def test_is_a_value(self) -> None:
        first, second = (Verifier(SHARED_KEY).verify(BODY, SIGNATURE) for _ in range(2))
        other = Verifier(OCTETS).verify(BODY, sign(BODY, OCTETS))
        assert first == second != other
        assert len({first, second, other}) == 2

    def test_header_parameters_are_a_dict_of_ones_own(self) -> None:
        verified = Verifier(OCTETS, policy="rfc7797").verify(BODY, signed_with_header(KID, BODY, OCTETS))
        assert verified.header_parameters == {"kid": "2026", "n": [1, 2.5, None]}
        verified.header_parameters.clear()
        assert verified.header_parameters["kid"] == "2026"
        assert repr(verified).endswith("header_parameters={'kid': '2026', 'n': [1, 2.5, None]})")

    def test_a_number_that_python_does_not_convert_stays_text(self) -> None:
        digits = "1" * 5000
        header = f'{{"alg":"HS256","b64":false,"crit":["b64"],"n":{digits}}}'
        verified = Verifier(OCTETS, policy="rfc7797").verify(BODY, signed_with_header(header, BODY, OCTETS))
        assert verified.header_parameters == {"n": digits}


class TestKeys:
    def test_text_is_read_both_ways_when_verifying(self) -> None:
        verifier = Verifier(SHARED_KEY)
        as_text = sign(BODY, SHARED_KEY, key_format="utf8")
        assert [verifier.verify(BODY, value).key_format for value in (SIGNATURE, as_text)] == ["jwk", "utf8"]

    def test_text_is_read_one_way_when_told(self) -> None:
        with pytest.raises(VerificationError):
            Verifier(SHARED_KEY, key_format="jwk").verify(BODY, sign(BODY, SHARED_KEY, key_format="utf8"))

    def test_signing_reads_text_as_jwk(self) -> None:
        assert sign(BODY, SHARED_KEY) == Signer(SHARED_KEY).sign(BODY) == SIGNATURE

    @pytest.mark.parametrize("octets", [OCTETS, bytearray(OCTETS), memoryview(OCTETS)])
    def test_octets_are_the_key_itself(self, octets: bytes | bytearray | memoryview) -> None:
        values = {
            sign(BODY, octets),
            sign(BODY, OCTETS.hex(), key_format="hex"),
            Signer(Key.from_bytes(octets)).sign(BODY),
        }
        [value] = values
        assert Verifier(octets).verify(BODY, value).key_format == "bytes"
        assert Verifier(octets, key_format="jwk").verify(BODY, value).key_format == "bytes"

    def test_a_short_key_is_refused_unless_allowed_by_name(self) -> None:
        makers: list[Callable[[bool], Any]] = [
            lambda weak: Verifier("short", allow_weak_key=weak),
            lambda weak: Verifier(b"short", allow_weak_key=weak),
            lambda weak: Signer("c2hvcnQ", allow_weak_key=weak),
            lambda weak: sign(BODY, b"short", allow_weak_key=weak),
            lambda weak: Key.from_utf8("short", allow_weak_key=weak),
            lambda weak: Key.from_bytes(b"short", allow_weak_key=weak),
        ]
        for make in makers:
            with pytest.raises(InvalidKeyError) as refused:
                make(False)
            assert refused.value.code in ("weak_key", "no_usable_key")
            make(True)

    def test_what_is_not_tried_is_told(self) -> None:
        [dropped] = Verifier("a text that is no base64url at all, and long enough").dropped
        assert (dropped.key_index, dropped.key_format, dropped.code) == (0, "jwk", "invalid_key")
        assert dropped.message == "the key cannot be read as jwk: character 2 is ' ', which does not belong there"
        assert "DroppedReading(key_index=0, key_format='jwk', code='invalid_key'" in repr(dropped)

    def test_nothing_prints_a_key(self) -> None:
        objects = [Verifier(SHARED_KEY), Signer(SHARED_KEY), Key.from_jwk_k(SHARED_KEY)]
        streams = [Verifier(SHARED_KEY).stream(SIGNATURE), Signer(SHARED_KEY).stream()]
        for thing in (*objects, *streams):
            assert "[REDACTED]" in repr(thing)
            assert SHARED_KEY[:8] not in repr(thing)
            with pytest.raises(TypeError):
                pickle.dumps(thing)


class TestRotation:
    @pytest.mark.parametrize("verifier", [Verifier(OCTETS, SHARED_KEY), Verifier((OCTETS, SHARED_KEY))])
    def test_any_of_the_keys_may_have_signed(self, verifier: Verifier) -> None:
        verified = verifier.verify(BODY, SIGNATURE)
        assert (verified.key_index, verified.key_format) == (1, "jwk")
        assert verifier.verify(BODY, sign(BODY, OCTETS)).key_index == 0

    def test_keys_of_every_kind_go_together(self) -> None:
        verifier = Verifier((Key.from_hex("ab" * 32), b"o" * 32), "t" * 43)
        assert verifier.verify(BODY, sign(BODY, "t" * 43)).key_index == 2

    def test_no_key_at_all_is_no_verifier(self) -> None:
        with pytest.raises(ValueError, match="the list of shared keys is empty"):
            Verifier([])
        with pytest.raises(ValueError, match="the list of shared keys is empty"):
            Verifier((), ())


class TestPolicy:
    def test_fixed_accepts_the_platforms_header_alone(self) -> None:
        value = signed_with_header(KID, BODY, OCTETS)
        with pytest.raises(VerificationError) as refused:
            Verifier(OCTETS).verify(BODY, value)
        assert refused.value.code == "header_not_allowed"
        assert Verifier(OCTETS, policy="rfc7797").verify(BODY, value)


class TestStreams:
    def test_the_header_is_checked_before_the_body_comes(self) -> None:
        with pytest.raises(VerificationError) as refused:
            Verifier(SHARED_KEY).stream("sha256=0ae8")
        assert refused.value.code == "malformed_compact"

    def test_a_stream_is_for_one_body(self) -> None:
        for stream in (Verifier(SHARED_KEY).stream(SIGNATURE), Signer(SHARED_KEY).stream()):
            stream.update(BODY)
            stream.finish()
            with pytest.raises(RuntimeError, match="the stream is finished"):
                stream.finish()
            with pytest.raises(RuntimeError, match="the stream is finished"):
                stream.update(b"")

    def test_a_refused_stream_is_finished_too(self) -> None:
        stream = Verifier(SHARED_KEY).stream(SIGNATURE)
        with pytest.raises(VerificationError):
            stream.finish()
        with pytest.raises(RuntimeError):
            stream.finish()

    def test_streams_are_made_by_their_owners(self) -> None:
        for kind in (hookseal.VerifyStream, hookseal.SignStream, hookseal.Verified, Key):
            with pytest.raises(TypeError):
                kind()


class TestErrors:
    def test_say_what_is_wrong_and_what_to_do(self) -> None:
        with pytest.raises(VerificationError) as refused:
            Verifier("a text that is no base64url at all, and long enough").verify(BODY, SIGNATURE)
        error = refused.value
        assert (str(error), error.code, error.http_status) == (
            "the signature does not match the key",
            "signature_mismatch",
            401,
        )
        assert error.hint.startswith("Either the body is not the raw octets that were sent")
        assert error.hint.endswith(
            "Not tried: the key cannot be read as jwk: character 2 is ' ', which does not belong there."
        )
        assert error.__notes__ == [f"hint: {error.hint}"]

    def test_are_a_small_tree(self) -> None:
        assert issubclass(VerificationError, HookSealError)
        assert issubclass(InvalidKeyError, HookSealError) and issubclass(InvalidKeyError, ValueError)
        assert not issubclass(VerificationError, ValueError)
        assert {kind.__module__ for kind in (HookSealError, VerificationError, InvalidKeyError)} == {"hookseal"}

    def test_pass_between_processes(self) -> None:
        with pytest.raises(VerificationError) as refused:
            Verifier(SHARED_KEY).verify(BODY, None)
        copy = pickle.loads(pickle.dumps(refused.value))
        assert type(copy) is VerificationError
        assert (str(copy), vars(copy)) == (str(refused.value), vars(refused.value))


def test_the_constants() -> None:
    assert hookseal.HEADER_NAME == "X-JWS-Signature"
    assert hookseal.PROTECTED_HEADER == '{"alg":"HS256","b64":false,"crit":["b64"]}'
    assert sign(b"", OCTETS).startswith(f"{PROTECTED}..")
