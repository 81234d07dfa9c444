"""The examples in docstrings run, and print what they say."""

import doctest
from typing import Any

import pytest

import hookseal
from hookseal import _native, types


def documented(name: str, thing: Any) -> list[tuple[str, str]]:
    """A thing's docstring, and its members'."""
    members = [member for member in vars(thing) if not member.startswith("_")] if isinstance(thing, type) else []
    found = [(name, thing.__doc__ or "")]
    return found + [(f"{name}.{member}", getattr(thing, member).__doc__ or "") for member in members]


THINGS = {"hookseal": hookseal, "types": types, **{name: getattr(_native, name) for name in dir(_native)}}
EXAMPLES = [example for name, thing in THINGS.items() for example in documented(name, thing)]


@pytest.mark.parametrize(("name", "text"), [example for example in EXAMPLES if ">>>" in example[1]])
def test_examples_in_docstrings(name: str, text: str) -> None:
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_everything_that_verifies_or_signs_has_an_example() -> None:
    with_examples = {name for name, text in EXAMPLES if ">>>" in text}
    assert with_examples >= {
        "hookseal",
        "explain",
        "sign",
        "Key",
        "Signer",
        "Signer.stream",
        "Verifier",
        "Verifier.stream",
    }
