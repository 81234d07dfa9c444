"""A middleware for every ASGI application: only deliveries that verify reach it.

    from hookseal import Verifier
    from hookseal.asgi import SignatureMiddleware

    app = SignatureMiddleware(app, Verifier(shared_key), paths=["/webhooks"])

Starlette and FastAPI: ``app.add_middleware(SignatureMiddleware, verifier=Verifier(shared_key), paths=["/webhooks"])``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hookseal import VerificationError, Verifier
from hookseal._http import JSON, MAX_BODY, Paths, announced_size, check_size, refusal, verifier_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, MutableMapping
    from typing import TypeAlias

    _Scope: TypeAlias = MutableMapping[str, Any]
    _Message: TypeAlias = MutableMapping[str, Any]
    _Receive: TypeAlias = Callable[[], Awaitable[_Message]]
    _Send: TypeAlias = Callable[[_Message], Awaitable[None]]
    _App: TypeAlias = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

__all__ = ["SignatureMiddleware"]


class SignatureMiddleware:
    """Verifies each HTTP request before the application sees it.

    The application gets the body as it came, and what was proved in ``scope["hookseal.verified"]``. What does not verify
    is answered with the status and ``{"code":…}``; why is logged, as a warning of the logger "hookseal".

    ``paths`` limits it to those paths and what is below them. WebSockets and the lifespan pass through.
    """

    def __init__(
        self,
        app: _App,
        verifier: Verifier,
        *,
        max_body: int = MAX_BODY,
        paths: Collection[str] | None = None,
    ) -> None:
        self._app = app
        self._verifier = verifier_of(verifier)
        self._max_body = max_body
        self._paths = Paths(paths)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "http" and scope["path"] in self._paths:
            try:
                body = await self._verified_body(scope, receive)
            except VerificationError as error:
                await _refuse(send, error, scope["path"])
                return
            if body is None:
                return  # the sender has hung up
            receive = _replayed(body, receive)
        await self._app(scope, receive, send)

    async def _verified_body(self, scope: _Scope, receive: _Receive) -> bytes | None:
        headers = [(name.lower(), value) for name, value in scope["headers"]]
        for name, value in headers:
            if name == b"content-length":
                check_size(announced_size(value), self._max_body)
        # Hashed as it comes in, so that a large body does not hold up the event loop at its end.
        stream = self._verifier.stream([value for name, value in headers if name == b"x-jws-signature"])
        chunks = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            check_size(size, self._max_body)
            stream.update(chunk)
            chunks.append(chunk)
        scope["hookseal.verified"] = stream.finish()
        return b"".join(chunks)


async def _refuse(send: _Send, error: VerificationError, path: str) -> None:
    body = refusal(error, path)
    headers = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _replayed(body: bytes, receive: _Receive) -> _Receive:
    """Gives the body once; after it the application hears what the server has to say, a disconnect for one."""
    messages: list[_Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> _Message:
        return messages.pop() if messages else await receive()

    return replay
