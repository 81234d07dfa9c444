"""The tests run against the package as it is installed, never against the source tree."""

import os
import random
from pathlib import Path

import pytest

import hookseal


def pytest_report_header() -> list[str]:
    return [f"hookseal {hookseal.__version__} of {Path(hookseal.__file__).parent}", f"HOOKSEAL_TEST_SEED={seed()}"]


def pytest_configure() -> None:
    if not Path(hookseal.__file__).is_relative_to(Path(pytest.__file__).parents[1]):
        raise pytest.UsageError(f"{hookseal.__file__} is not an installed package: install the wheel first")


def seed() -> str:
    """What all that is random depends on."""
    return os.environ.get("HOOKSEAL_TEST_SEED", "7797")


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(f"{seed()} {request.node.nodeid}")


@pytest.fixture(scope="session")
def command() -> str:
    """The built `hookseal` command. Tests that need it must not be skipped where it is missing."""
    binary = os.environ.get("HOOKSEAL_BIN")
    assert binary, "HOOKSEAL_BIN must name the built hookseal command"
    return binary
