"""Signatures, keys and options of every wrong kind: a typed error that says what is wrong, and nothing is broken by it."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from hookseal import HookSealError, InvalidKeyError, Key, Signer, VerificationError, Verifier, sign
from support import BODY, SHARED_KEY, SIGNATURE

VERIFIER: Any = Verifier(SHARED_KEY)


@pytest.fixture(autouse=True)
def _still_works() -> Iterator[None]:
    yield
    assert VERIFIER.verify(BODY, SIGNATURE)


def codes(signature: Any, body: bytes = BODY) -> set[str]:
    """What both ways of verifying say."""

    def stream() -> None:
        stream = VERIFIER.stream(signature)
        stream.update(body)
        stream.finish()

    found: set[str] = set()
    attempts: list[Callable[[], object]] = [lambda: VERIFIER.verify(body, signature), stream]
    for attempt in attempts:
        with pytest.raises(VerificationError) as refused:
            attempt()
        found.add(refused.value.code)
    return found


class TestSignatures:
    @pytest.mark.parametrize("signature", [SIGNATURE, SIGNATURE.encode(), [SIGNATURE], (SIGNATURE.encode(),)])
    def test_come_as_frameworks_give_them(self, signature: Any) -> None:
        assert VERIFIER.verify(BODY, signature)

    @pytest.mark.parametrize("signature", [None, "", b"", [], (), [None], [""], [b""]])
    def test_may_be_missing(self, signature: Any) -> None:
        assert codes(signature) == {"missing_signature"}

    @pytest.mark.parametrize(
        "signature",
        [[SIGNATURE] * 2, (SIGNATURE.encode(),) * 3, f"{SIGNATURE}, {SIGNATURE}", [None, SIGNATURE], ["", ""]],
    )
    def test_may_be_several(self, signature: Any) -> None:
        assert codes(signature) == {"multiple_signatures"}

    @pytest.mark.parametrize(
        "signature", [1, 1.5, True, {}, {"a": 1}, {SIGNATURE}, object(), bytearray(SIGNATURE, "ascii")]
    )
    def test_of_other_types_are_type_errors(self, signature: Any) -> None:
        for given in (signature, [signature]):
            for take in (partial(VERIFIER.verify, BODY), VERIFIER.stream):
                with pytest.raises(TypeError, match=f"must be the header's value.*not {type(signature).__name__}"):
                    take(given)

    def test_are_not_nested(self) -> None:
        with pytest.raises(TypeError, match="not list"):
            VERIFIER.verify(BODY, [[SIGNATURE]])

    @pytest.mark.parametrize("foreign", ["\ud800", "\udcff", "\udfff\ud800", "é", "\0", "😀", "\n", " "])
    def test_with_foreign_characters_are_malformed(self, foreign: str) -> None:
        assert codes(SIGNATURE + foreign) == {"invalid_base64url"}
        assert codes(foreign + SIGNATURE) == {"invalid_base64url"}
        assert codes(foreign) == {"malformed_compact"}

    def test_of_any_length_are_refused(self) -> None:
        assert codes("." * 10_000_000) == {"malformed_compact"}
        assert codes("A" * 10_000_000 + ".." + "A" * 43) <= {"invalid_header_json"}
        assert codes([SIGNATURE] * 1_000_000) == {"multiple_signatures"}

    def test_may_be_subclasses_of_text(self) -> None:
        class Text(str):
            def encode(self, *_: Any) -> bytes:
                raise AssertionError("not asked")

        assert VERIFIER.verify(BODY, Text(SIGNATURE))
        assert codes(Text(SIGNATURE + "\ud800")) == {"invalid_base64url"}


MAKERS: list[Callable[[Any], Any]] = [
    Verifier,
    lambda key: Verifier([key]),
    lambda key: Verifier(SHARED_KEY, key),
    Signer,
    lambda key: sign(BODY, key),
]


class TestKeys:
    @pytest.mark.parametrize("make", MAKERS)
    def test_that_are_not_there_are_told_so(self, make: Callable[[Any], Any]) -> None:
        with pytest.raises(TypeError, match="the shared key is None: is the setting or environment variable"):
            make(None)

    @pytest.mark.parametrize("make", MAKERS)
    @pytest.mark.parametrize("key", [1, 1.5, {"kty": "oct"}, object(), {SHARED_KEY}, Verifier(SHARED_KEY)])
    def test_of_other_types_are_type_errors(self, make: Callable[[Any], Any], key: Any) -> None:
        with pytest.raises(TypeError, match=f"a shared key is a str .*not {type(key).__name__}"):
            make(key)

    @pytest.mark.parametrize("make", MAKERS)
    @pytest.mark.parametrize("key", ["", b"", bytearray(), "\ud800" * 50, "x" * 44 + "\udc80"])
    def test_that_are_empty_or_no_text_cannot_be_used(self, make: Callable[[Any], Any], key: Any) -> None:
        with pytest.raises(InvalidKeyError) as refused:
            make(key)
        assert refused.value.code in ("invalid_key", "no_usable_key")
        assert refused.value.http_status == 500

    def test_that_are_no_text_say_where(self) -> None:
        with pytest.raises(InvalidKeyError, match="the key cannot be read as jwk: octet 45 is not UTF-8"):
            Key.from_jwk_k("x" * 44 + "\ud800")

    @pytest.mark.parametrize(
        "read", [Key.from_jwk_k, Key.from_jwk_k_lenient, Key.from_utf8, Key.from_base64, Key.from_hex]
    )
    @pytest.mark.parametrize("key", [None, b"x" * 32, 1, [], memoryview(b"")])
    def test_constructors_that_read_text_take_text(self, read: Callable[[Any], Key], key: Any) -> None:
        with pytest.raises(TypeError):
            read(key)

    @pytest.mark.parametrize("key", [None, "x" * 32, 1, [1], Key.from_bytes(b"x" * 32)])
    def test_the_constructor_that_takes_octets_takes_octets(self, key: Any) -> None:
        with pytest.raises(TypeError, match=f"a key's raw octets are bytes, not {type(key).__name__}"):
            Key.from_bytes(key)

    @pytest.mark.parametrize(
        ("index", "keys"),
        [(1, [SHARED_KEY, "short"]), (0, ["short", SHARED_KEY]), (2, [SHARED_KEY, SHARED_KEY, b""])],
    )
    def test_one_of_several_is_named_by_its_place(self, index: int, keys: list[Any]) -> None:
        for arguments in ([keys], keys):
            with pytest.raises(InvalidKeyError, match=rf"^key {index} \(counted from 0\): the ") as refused:
                Verifier(*arguments)
            assert refused.value.key_index == index
        with pytest.raises(TypeError, match=r"^key 1 \(counted from 0\): a shared key is a str .*not int"):
            Verifier(SHARED_KEY, 5)  # type: ignore[arg-type]

    def test_the_only_one_has_no_place(self) -> None:
        with pytest.raises(InvalidKeyError, match=r"^the shared key gives no usable key: ") as refused:
            Verifier(["short"])
        assert refused.value.key_index is None

    def test_errors_hold_no_key(self) -> None:
        secret = "correct horse battery staple"
        for make in (Verifier, Signer, Key.from_hex):
            with pytest.raises(InvalidKeyError) as refused:
                make(secret)
            assert "horse" not in f"{refused.value} {refused.value.hint} {refused.value!r}"


class TestOptions:
    @pytest.mark.parametrize("key_format", ["", "JWK", "utf-8", "bytes", "base65", "auto\0"])
    def test_of_an_unknown_name_are_value_errors(self, key_format: Any) -> None:
        for make, first in ((Verifier, "auto"), (Signer, "jwk")):
            with pytest.raises(ValueError, match=f"key_format must be one of {first}, .*hex, not"):
                make(SHARED_KEY, key_format=key_format)

    def test_signing_never_guesses(self) -> None:
        with pytest.raises(ValueError, match="key_format must be one of jwk"):
            sign(BODY, SHARED_KEY, key_format="auto")  # type: ignore[arg-type]

    def test_policies_have_names(self) -> None:
        with pytest.raises(ValueError, match='policy must be fixed or rfc7797, not "any"'):
            Verifier(SHARED_KEY, policy="any")  # type: ignore[arg-type]

    @pytest.mark.parametrize("wrong", [{"key_format": None}, {"policy": 1}, {"allow_weak_key": "yes"}, {"typo": 1}])
    def test_of_other_types_are_type_errors(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(TypeError):
            Verifier(SHARED_KEY, **wrong)

    def test_what_is_missing_is_a_type_error(self) -> None:
        calls: list[Callable[..., Any]] = [Verifier, Signer, Key.from_hex, sign, VERIFIER.verify, VERIFIER.stream]
        for call in calls:
            with pytest.raises(TypeError):
                call()


def test_the_body_comes_before_the_signature() -> None:
    """Swapped arguments are told apart wherever they can be."""
    with pytest.raises(TypeError, match="the body must be bytes"):
        VERIFIER.verify(SIGNATURE, BODY)


def test_nothing_but_typed_errors(rng: random.Random) -> None:
    """Whatever comes, and however it is put together."""
    pieces = [
        SIGNATURE,
        SIGNATURE[:58],
        SIGNATURE[-43:],
        "..",
        ".",
        ",",
        "=",
        "e30",
        "A",
        "\ud800",
        "\0",
        "é",
        " ",
        "\n",
    ]
    octets = [b"", BODY, b"\xff" * 32, rng.randbytes(100)]

    def anything(depth: int = 0) -> Any:
        text = "".join(rng.choices(pieces, k=rng.randrange(5)))
        plain: list[Any] = [
            text,
            text.encode(errors="surrogatepass"),
            rng.choice(octets),
            None,
            rng.randrange(3),
            1.5,
            memoryview(BODY),
        ]
        if depth < 2:
            plain += [[anything(depth + 1)], (anything(depth + 1), anything(depth + 1)), {text: 1}]
        return rng.choice(plain)

    calls: list[Callable[[], Any]] = [
        lambda: VERIFIER.verify(anything(), anything()),
        lambda: VERIFIER.stream(anything()).update(anything()),
        lambda: Verifier(anything(), anything(), allow_weak_key=rng.random() < 0.5).verify(anything(), anything()),
        lambda: Verifier(anything(), policy="rfc7797").stream(anything()).finish(),
        lambda: Signer(anything(), key_format=rng.choice(["jwk", "jwk-lenient", "utf8", "hex"])).sign(anything()),
        lambda: sign(anything(), anything(), allow_weak_key=True),
    ]
    refused = 0
    for _ in range(20_000):
        try:
            rng.choice(calls)()
        except (HookSealError, TypeError):
            refused += 1
    assert refused > 10_000
