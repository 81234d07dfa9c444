"""Shared keys from flags, files and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from hookseal import InvalidKeyError, Key, Verifier

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

_VARIABLE = "HOOKSEAL_SHARED_KEY"
_NO_KEY = (
    "Give --shared-key KEY or --shared-key-file FILE, or set HOOKSEAL_SHARED_KEY. `hookseal keygen` makes a new key."
)

_MAX_FILE = 64 * 1024
"""A key file longer than this is another file."""

T = TypeVar("T")

_KEY_OF_FORMAT = {
    "jwk": Key.from_jwk_k,
    "jwk-lenient": Key.from_jwk_k_lenient,
    "utf8": Key.from_utf8,
    "base64": Key.from_base64,
    "hex": Key.from_hex,
}


class Failure(Exception):
    """Something that keeps a command from doing what it was asked for."""

    def __init__(self, message: str, code: str = "usage", hint: str | None = None, usage: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.usage = usage

    @classmethod
    def of_file(cls, what: str, name: str, error: OSError, hint: str) -> Failure:
        """A file cannot be read."""
        reason = error.strerror or str(error)
        return cls(f"cannot {what} {name}: {reason[:1].lower()}{reason[1:]}", "io_error", hint)


def add_key_arguments(parser: argparse.ArgumentParser, formats: Sequence[str]) -> None:
    """The flags; the first of the formats is what a key is read as unless told."""
    parser.add_argument(
        "--shared-key", action="append", default=[], metavar="KEY", help="the shared key as it stands in the settings"
    )
    parser.add_argument(
        "--shared-key-file",
        action="append",
        default=[],
        metavar="FILE",
        help="a file that holds the shared key; one newline at its end is left out",
    )
    parser.add_argument("--allow-weak-key", action="store_true", help="allow a key under 32 octets")
    parser.add_argument("--key-format", choices=formats, default=formats[0], help="how the key is read (%(default)s)")


def verifier(options: argparse.Namespace) -> Verifier:
    """A verifier with all the keys, in the order of flags and then files."""
    format, weak = options.key_format, options.allow_weak_key
    keys = named_keys(options)
    for name, key in keys:  # one by one, so that the one that cannot be used is named
        _usable(name, key, lambda key: Verifier(key, key_format=format, allow_weak_key=weak))
    return Verifier([key for _, key in keys], key_format=format, policy=options.policy, allow_weak_key=weak)


def signing_key(options: argparse.Namespace) -> Key:
    """The one key to sign with."""
    keys = named_keys(options)
    if len(keys) > 1:
        message = f"{len(keys)} keys are given, and a signature is made with one"
        raise Failure(message, hint="Give one --shared-key or one --shared-key-file.")
    [(name, key)] = keys
    read = _KEY_OF_FORMAT[options.key_format]
    return _usable(name, key, lambda key: read(key, allow_weak_key=options.allow_weak_key))


def named_keys(options: argparse.Namespace) -> list[tuple[str, str]]:
    """The keys of the flags and files, the environment's when there are none; and where each came from."""
    several = len(options.shared_key) + len(options.shared_key_file) > 1
    keys = [
        (f"--shared-key {number}" if several else "--shared-key", key)
        for number, key in enumerate(options.shared_key, start=1)
    ]
    keys += [(name, _read_file(name)) for name in options.shared_key_file]
    if not keys:
        if _VARIABLE not in os.environ:
            raise Failure("there is no shared key", "no_usable_key", _NO_KEY)
        keys = [(_VARIABLE, os.environ[_VARIABLE])]
    return keys


def _read_file(name: str) -> str:
    try:
        with open(name, "rb") as file:
            octets = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise Failure.of_file("read the key file", name, error, "`hookseal keygen > FILE` makes a key file.") from None
    if len(octets) > _MAX_FILE:
        message = f"{name} is larger than {_MAX_FILE} octets and so no key file"
        raise Failure(message, hint="Name the file that holds the key and nothing else.")
    ending = b"\r\n" if octets.endswith(b"\r\n") else b"\n"
    # What is not UTF-8 is for the key's reading to complain of.
    return octets.removesuffix(ending).decode("utf-8", "surrogateescape")


def _usable(name: str, key: str, make: Callable[[str], T]) -> T:
    try:
        return make(key)
    except InvalidKeyError as error:
        hint = error.hint
        if not key:
            hint = f"{name} is empty. {_NO_KEY}"
        elif error.code != "invalid_key":
            hint += " On the command line: --allow-weak-key, --key-format."
        raise Failure(f"{name}: {error}", error.code, hint) from None
