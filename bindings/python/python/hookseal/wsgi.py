"""A middleware for every WSGI application: only deliveries that verify reach it.

    from hookseal import Verifier
    from hookseal.wsgi import SignatureMiddleware

    application = SignatureMiddleware(application, Verifier(shared_key), paths=["/webhooks"])

Flask: ``app.wsgi_app = SignatureMiddleware(app.wsgi_app, Verifier(shared_key), paths=["/webhooks"])``.
"""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING

from hookseal import VerificationError, Verifier
from hookseal._http import JSON, MAX_BODY, Paths, announced_size, check_size, refusal, verifier_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["SignatureMiddleware"]

_PIECE = 64 * 1024


class SignatureMiddleware:
    """Verifies each request before the application sees it.

    The application gets the body as it came, and what was proved in ``environ["hookseal.verified"]``. What does not verify
    is answered with the status and ``{"code":…}``; why is logged, as a warning of the logger "hookseal".

    ``paths`` limits it to those paths and what is below them.
    """

    def __init__(
        self,
        app: WSGIApplication,
        verifier: Verifier,
        *,
        max_body: int = MAX_BODY,
        paths: Collection[str] | None = None,
    ) -> None:
        self._app = app
        self._verifier = verifier_of(verifier)
        self._max_body = max_body
        self._paths = Paths(paths)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = _path(environ)
        if path in self._paths:
            try:
                body = self._verified_body(environ)
            except VerificationError as error:
                return _refuse(start_response, error, path)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["wsgi.input_terminated"] = True
            environ["CONTENT_LENGTH"] = str(len(body))
        return self._app(environ, start_response)

    def _verified_body(self, environ: WSGIEnvironment) -> bytes:
        announced = announced_size(environ.get("CONTENT_LENGTH"))
        check_size(announced, self._max_body)
        stream = self._verifier.stream(environ.get("HTTP_X_JWS_SIGNATURE"))
        # Without a length there is an end to read to only where the server says so.
        ends = not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated", False)
        left = self._max_body + 1 if ends else announced
        chunks = []
        while left > 0 and (chunk := environ["wsgi.input"].read(min(left, _PIECE))):
            stream.update(chunk)
            chunks.append(chunk)
            left -= len(chunk)
        body = b"".join(chunks)
        check_size(len(body), self._max_body)
        environ["hookseal.verified"] = stream.finish()
        return body


def _path(environ: WSGIEnvironment) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode("utf-8", "replace")  # PEP 3333 has octets in the shape of a str


def _refuse(start_response: StartResponse, error: VerificationError, path: str) -> list[bytes]:
    body = refusal(error, path)
    status = HTTPStatus(error.http_status)
    start_response(f"{status} {status.phrase}", [("Content-Type", JSON), ("Content-Length", str(len(body)))])
    return [body]
