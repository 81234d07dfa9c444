"""Bodies: everything with octets in it, of any size; and what is no body."""

import array
import ctypes
import mmap
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from hookseal import Signer, Verifier, sign
from support import BODY, SHARED_KEY, SIGNATURE

VERIFIER = Verifier(SHARED_KEY)
SIGNER = Signer(SHARED_KEY)
OCTETS = bytes(range(256))

# Around the sizes from which other threads run meanwhile, and from which a body is copied window by window.
SIZES = [0, 1, 32 * 1024 - 1, 32 * 1024, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 5]


@pytest.fixture
def mapped() -> Iterator[mmap.mmap]:
    with tempfile.TemporaryFile() as file:
        file.write(BODY)
        file.flush()
        with mmap.mmap(file.fileno(), 0) as mapped:
            yield mapped


class Octets(bytes):
    pass


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        Octets(BODY),
        bytearray(BODY),
        memoryview(BODY),
        memoryview(bytearray(b"--" + BODY))[2:],
        memoryview(BODY).cast("c"),
        memoryview(BODY).cast("B", (2, 2)),
        memoryview(BODY).toreadonly(),
        memoryview(memoryview(BODY)[::-1])[::-1],
        array.array("B", BODY),
        array.array("b", BODY),
        array.array("I", BODY),
    ],
    ids=lambda body: f"{type(body).__name__} {getattr(body, 'format', '')}",
)
def test_everything_like_bytes_is_a_body(body: Any) -> None:
    assert VERIFIER.verify(body, SIGNATURE).key_format == "jwk"
    assert SIGNER.sign(body) == sign(body, SHARED_KEY) == SIGNATURE
    verifying, signing = VERIFIER.stream(SIGNATURE), SIGNER.stream()
    verifying.update(body)
    signing.update(body)
    assert (verifying.finish().key_format, signing.finish()) == ("jwk", SIGNATURE)


def test_a_mapped_file_is_a_body(mapped: mmap.mmap) -> None:
    assert VERIFIER.verify(mapped, SIGNATURE)
    mapped.close()
    with pytest.raises(ValueError, match="closed"):
        VERIFIER.verify(mapped, SIGNATURE)


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), memoryview(b"abc")[:0], array.array("I")])
def test_an_empty_body_is_a_body(empty: Any) -> None:
    assert VERIFIER.verify(empty, SIGNER.sign(b""))


@pytest.mark.parametrize("size", SIZES)
def test_size_makes_no_difference(size: int) -> None:
    body = (OCTETS * (size // 256 + 1))[:size]
    value = SIGNER.sign(body)
    assert {SIGNER.sign(same) for same in (bytearray(body), memoryview(body))} == {value}
    for same in (body, bytearray(body), memoryview(body)):
        assert VERIFIER.verify(same, value)
        stream = VERIFIER.stream(value)
        stream.update(same)
        assert stream.finish()


@pytest.mark.parametrize("body", ['{"id":1}', "", {"id": 1}, [1], Ellipsis, None, 1, 1.5, True, object(), BODY.decode])
def test_what_is_no_body_is_a_type_error(body: Any) -> None:
    for take in (
        lambda: VERIFIER.verify(body, SIGNATURE),
        lambda: VERIFIER.verify(body, None),
        lambda: VERIFIER.stream(SIGNATURE).update(body),
        lambda: SIGNER.sign(body),
        lambda: SIGNER.stream().update(body),
        lambda: sign(body, SHARED_KEY),
    ):
        with pytest.raises(TypeError, match=f"the body must be bytes or like bytes, not {type(body).__name__}"):
            take()


@pytest.mark.parametrize("parsed", ['{"id":1}', {"id": 1}, [1]])
def test_what_was_parsed_is_told_where_the_raw_body_is(parsed: Any) -> None:
    with pytest.raises(TypeError, match=r"request\.body .*request\.get_data\(\).*await request\.body\(\)"):
        VERIFIER.verify(parsed, SIGNATURE)


def test_a_memoryview_with_gaps_is_an_error() -> None:
    for view in (memoryview(BODY)[::2], memoryview(BODY)[::-1], memoryview(bytearray(8))[::4]):
        with pytest.raises(BufferError, match=r"a memoryview with gaps.*pass bytes\(view\)"):
            VERIFIER.verify(view, SIGNATURE)
        assert SIGNER.sign(bytes(view))


def test_a_released_memoryview_is_an_error() -> None:
    view = memoryview(BODY)
    view.release()
    with pytest.raises(ValueError, match="released"):
        VERIFIER.verify(view, SIGNATURE)


def test_structures_are_their_octets() -> None:
    class Pair(ctypes.Structure):
        _fields_ = [("a", ctypes.c_uint16), ("b", ctypes.c_uint16)]

    pairs = (Pair * 3)(Pair(1, 2), Pair(3, 4), Pair(5, 6))
    assert VERIFIER.verify(pairs, SIGNER.sign(bytes(pairs)))


def test_nothing_is_held_afterwards() -> None:
    body = bytearray(BODY)
    VERIFIER.verify(body, SIGNATURE)
    with pytest.raises(TypeError):
        VERIFIER.verify(body, 1)  # type: ignore[arg-type]
    body.clear()  # a buffer that is still exported could not be resized
    references = sys.getrefcount(body)
    for _ in range(100):
        SIGNER.sign(body)
    assert sys.getrefcount(body) == references


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_half_a_gibibyte_takes_no_memory() -> None:
    script = """
import mmap, tempfile, hookseal
SIZE = 512 * 1024 * 1024
def anonymous():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon"))
verifier = hookseal.Verifier(bytes(range(32)))
with tempfile.TemporaryFile() as file:
    file.truncate(SIZE)
    with mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ) as body:
        before = anonymous()
        value = hookseal.sign(body, bytes(range(32)))
        print(verifier.verify(body, value).key_format, anonymous() - before < 8 * 1024)
print(hookseal.sign(bytes(SIZE), bytes(range(32))) == value)
try:
    verifier.verify(bytes(SIZE), hookseal.sign(b"", bytes(range(32))))
except hookseal.VerificationError as error:
    print(error.code)
"""
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (output.stdout.split(), output.stderr) == (["bytes", "True", "True", "signature_mismatch"], "")
