"""Threads: verifiers are shared, large bodies let others run, and what changes under our hands does no harm."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hookseal import Signer, VerificationError, Verifier, explain
from support import SHARED_KEY

VERIFIER = Verifier(SHARED_KEY)
SIGNER = Signer(SHARED_KEY)
LARGE = 32 * 1024 * 1024


@pytest.fixture
def no_switching() -> Iterator[None]:
    """Another thread runs only where the one that runs lets it."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(interval)


def lets_others_run(work: Callable[[], object]) -> bool:
    may_run = threading.Lock()
    ran: list[bool] = []

    def other() -> None:
        with may_run:
            ran.append(True)

    with may_run:
        thread = threading.Thread(target=other)
        thread.start()
    work()
    others_ran = bool(ran)
    thread.join()
    return others_ran


@pytest.mark.usefixtures("no_switching")
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_others_run_while_a_large_body_is_hashed(kind: Callable[[int], Any]) -> None:
    body = kind(LARGE)
    value = SIGNER.sign(body)
    assert lets_others_run(lambda: VERIFIER.verify(body, value))
    assert lets_others_run(lambda: SIGNER.sign(body))
    assert lets_others_run(lambda: VERIFIER.stream(value).update(body))
    assert lets_others_run(lambda: SIGNER.stream().update(body))


@pytest.mark.usefixtures("no_switching")
def test_others_run_while_a_cause_is_searched_for() -> None:
    value = SIGNER.sign(b"{}")
    assert lets_others_run(lambda: explain(SHARED_KEY, b"other" * 20_000, value))


@pytest.mark.usefixtures("no_switching")
def test_a_small_body_is_not_worth_it() -> None:
    body = bytes(1495)
    value = SIGNER.sign(body)
    assert not lets_others_run(lambda: VERIFIER.verify(body, value))


def test_a_verifier_serves_many_threads() -> None:
    bodies = [bytes([number]) * (number * 1000) for number in range(100)]
    values = [SIGNER.sign(body) for body in bodies]

    def verify(turn: int) -> int:
        accepted = 0
        for body, value in zip(bodies, values, strict=True):
            VERIFIER.verify(body if turn % 2 else bytearray(body), value)
            with pytest.raises(VerificationError):
                VERIFIER.verify(body + b"!", value)
            stream = VERIFIER.stream(value)
            stream.update(body)
            stream.finish()
            accepted += 1
        return accepted

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(verify, range(16))) == 1600


def test_a_stream_is_one_threads_at_a_time() -> None:
    stream = VERIFIER.stream(SIGNER.sign(b""))
    body = bytes(LARGE)
    refused = []

    def update() -> None:
        for _ in range(20):
            try:
                stream.update(body)
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) == {"the stream is in use by another thread"}


def test_a_body_that_others_write_to_is_read_once() -> None:
    """Whatever is read, the verdict is about that; and the memory stays where it is until then."""
    body = bytearray(LARGE)
    zeros, ones = SIGNER.sign(body), SIGNER.sign(b"\1" * LARGE)
    stop = threading.Event()
    resized = []

    def write() -> None:
        while not stop.is_set():
            body[0] ^= 1
            try:
                body.append(0)
                body.pop()
            except BufferError:
                resized.append(False)

    thread = threading.Thread(target=write)
    thread.start()
    outcomes: set[str] = set()
    for _ in range(10):
        for value in (zeros, ones):
            try:
                outcomes.add(VERIFIER.verify(body, value).key_format)
            except VerificationError as error:
                outcomes.add(error.code)
    stop.set()
    thread.join()
    assert outcomes <= {"jwk", "signature_mismatch"}
    assert resized
