"""For endpoints of Starlette, and for FastAPI as a dependency: the delivery, once it has verified.

    from hookseal import Verifier
    from hookseal.starlette import SignedDelivery

    signed_delivery = SignedDelivery(Verifier(shared_key))

    async def webhook(request: Request) -> Response:
        delivery = await signed_delivery(request)
        print(delivery.json())
        return Response(status_code=204)

FastAPI fills a parameter with it: see hookseal.fastapi.
"""

# Without `from __future__ import annotations`: older versions of FastAPI cannot resolve what it makes of them here.
import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hookseal import HEADER_NAME, VerificationError, Verified, Verifier
from hookseal._http import JSON, MAX_BODY, announced_size, check_size, refusal, verifier_of

__all__ = ["Delivery", "SignedDelivery", "refuse"]


@dataclass(frozen=True)
class Delivery:
    """A delivery whose signature is valid."""

    body: bytes
    """The raw octets that were signed."""

    verified: Verified
    """What the signature proves."""

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class SignedDelivery:
    """Verifies the request that an endpoint was called with, and gives it the Delivery.

    What does not verify ends the request, with the status and ``{"code":…}``; why is logged, as a warning of the logger
    "hookseal". ``request.body()`` and ``request.json()`` work as ever.
    """

    def __init__(self, verifier: Verifier, *, max_body: int = MAX_BODY) -> None:
        self._verifier = verifier_of(verifier)
        self._max_body = max_body

    async def __call__(self, request: Request) -> Delivery:
        try:
            check_size(announced_size(request.headers.get("content-length")), self._max_body)
            # Malformed values are refused before the body is read.
            stream = self._verifier.stream(request.headers.getlist(HEADER_NAME))
            body = await self._body(request)
            stream.update(body)
            return Delivery(body, stream.finish())
        except VerificationError:
            _answer_refusals(request)
            raise

    async def _body(self, request: Request) -> bytes:
        chunks = []
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                check_size(size, self._max_body)
                chunks.append(chunk)
        except RuntimeError as error:
            raise RuntimeError(
                "the body was read before it could be verified: parameters that FastAPI fills from a form do that, and "
                "middleware; use hookseal.asgi.SignatureMiddleware, which comes first"
            ) from error
        body = b"".join(chunks)
        request._body = body  # where Starlette keeps it too, for request.body() and all that builds on it
        return body


def refuse(request: Request, error: Exception) -> Response:
    """The answer to a delivery that does not verify; an exception handler for VerificationError."""
    if not isinstance(error, VerificationError):
        raise error
    return Response(refusal(error, request.url.path), error.http_status, media_type=JSON)


def _answer_refusals(request: Request) -> None:
    """Makes `refuse` the application's handler, unless it has one of its own.

    A dependency cannot answer by itself, and FastAPI would put the detail of an HTTPException below "detail".
    """
    handlers, _by_status = request.scope.get("starlette.exception_handlers", ({}, {}))
    handlers.setdefault(VerificationError, refuse)
