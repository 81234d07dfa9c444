"""A decorator for views of Flask: only deliveries that verify reach them.

    from hookseal import Verifier
    from hookseal.flask import signed_delivery

    @app.post("/webhooks")
    @signed_delivery(Verifier(shared_key))
    def webhook():
        print(request.get_json())
        return "", 204

A view may be a function, a coroutine or, by way of its ``decorators``, a class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from hookseal import HEADER_NAME, VerificationError, Verified, Verifier
from hookseal._http import JSON, MAX_BODY, check_size, refusal, verifier_of
from hookseal._native import body_too_large

__all__ = ["signed_delivery"]

_View = TypeVar("_View", bound=Callable[..., Any])


def signed_delivery(verifier: Verifier, *, max_body: int = MAX_BODY) -> Callable[[_View], _View]:
    """Verifies the request before the view runs, be it a function or a coroutine.

    The view finds the body where it always is (``request.get_json()``, ``request.get_data()``), and what was proved in
    ``flask.g.hookseal``. What does not verify is answered with the status and ``{"code":…}``; why is logged, as a warning
    of the logger "hookseal".
    """
    verifier_of(verifier)

    def decorate(view: _View) -> _View:
        @functools.wraps(view)
        def verified_view(*args: Any, **kwargs: Any) -> Any:
            try:
                g.hookseal = _verify(verifier, max_body)
            except VerificationError as error:
                return Response(refusal(error, request.path), error.http_status, mimetype=JSON)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return cast("_View", verified_view)

    return decorate


def _verify(verifier: Verifier, max_body: int) -> Verified:
    if "form" in vars(request) and getattr(request, "_cached_data", None) is None:
        raise RuntimeError(
            "the form was parsed before the body could be verified, and the raw body is gone; "
            "call request.get_data() first, or use hookseal.wsgi.SignatureMiddleware"
        )
    limit = min(max_body, max_body if request.max_content_length is None else request.max_content_length)
    # Of a body without a length Werkzeug gives as much as the limit allows, and does not say that there was more.
    request.max_content_length = limit + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        raise body_too_large(limit) from None
    check_size(len(body), limit)
    return verifier.verify(body, request.headers.getlist(HEADER_NAME))
