"""What the framework modules share: which requests are deliveries, and how one is refused."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection

from hookseal import VerificationError, Verifier
from hookseal._native import body_too_large

MAX_BODY = 1024 * 1024
"""The largest body that is read, unless told."""

JSON = "application/json"

# Whoever runs the application learns why; the sender learns the code.
_log = logging.getLogger("hookseal")


def refusal(error: VerificationError, path: str) -> bytes:
    """Logs a refused delivery, and gives the body of the answer: its code and nothing else."""
    _log.warning("refused a delivery to %r: %s (%s). %s", path, error, error.code, error.hint)
    return b'{"code":"%s"}\n' % error.code.encode()


def verifier_of(verifier: Verifier) -> Verifier:
    """Complains where the application starts rather than at the first delivery."""
    if not isinstance(verifier, Verifier):
        raise TypeError(f"pass a hookseal.Verifier, made with the shared key, not {type(verifier).__name__}")
    return verifier


def check_size(size: int, limit: int) -> None:
    """Refuses a body of so many octets, or one that is announced."""
    if size > limit:
        raise body_too_large(limit)


def announced_size(content_length: str | bytes | None) -> int:
    """What Content-Length says; 0 where it says nothing, or nothing sound."""
    if content_length is None or not (content_length.isascii() and content_length.isdigit()):
        return 0
    return int(content_length) if len(content_length) < 20 else sys.maxsize


class Paths:
    """The paths that deliveries go to, each with all that is below it; every path unless some are named."""

    def __init__(self, paths: Collection[str] | None) -> None:
        if isinstance(paths, str):
            raise TypeError(f"paths is a list of paths: [{paths!r}]")
        self._paths = None if paths is None else tuple(path.rstrip("/") for path in paths)

    def __contains__(self, path: str) -> bool:
        if self._paths is None:
            return True
        return any(path == own or path.startswith(own + "/") for own in self._paths)
