"""The pytest plugin, which every pytest run in this environment imports: what it needs, it imports when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hookseal.testing import Receiver


@pytest.fixture
def hookseal_shared_key() -> str | None:
    """The shared key of `hookseal_receiver`: a random one. Override it to choose another."""
    return None


@pytest.fixture
def hookseal_receiver(hookseal_shared_key: str | None) -> Iterator[Receiver]:
    """A running receiver of webhooks, for this test alone; see hookseal.testing.Receiver."""
    from hookseal.testing import Receiver

    try:
        receiver = Receiver(hookseal_shared_key)
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    with receiver:
        yield receiver
