"""A decorator for views of Django: only deliveries that verify reach them.

    from hookseal import Verifier
    from hookseal.django import signed_delivery

    @signed_delivery(Verifier(settings.HOOKSEAL_SHARED_KEY))
    def webhook(request):
        print(json.loads(request.body))
        return HttpResponse(status=204)

Views that are classes: ``@method_decorator(signed_delivery(verifier), name="dispatch")``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django import conf
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from hookseal import HEADER_NAME, VerificationError, Verifier
from hookseal._http import JSON, MAX_BODY, announced_size, check_size, refusal, verifier_of
from hookseal._native import body_too_large

__all__ = ["signed_delivery"]

_View = TypeVar("_View", bound=Callable[..., Any])


def signed_delivery(verifier: Verifier, *, max_body: int = MAX_BODY) -> Callable[[_View], _View]:
    """Verifies the request before the view runs, be it a function or a coroutine.

    The view finds the body where it always is (``request.body``), and what was proved in ``request.hookseal``. What does
    not verify is answered with the status and ``{"code":…}``; why is logged, as a warning of the logger "hookseal".

    Django's own DATA_UPLOAD_MAX_MEMORY_SIZE holds too. The view is exempt from CSRF protection, which is about the cookies
    of browsers: the signature says more.
    """
    verifier_of(verifier)

    def decorate(view: _View) -> _View:
        verified_view: Any
        if _is_async(view):

            async def verified_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refused = _refused(request, verifier, max_body)
                return await view(request, *args, **kwargs) if refused is None else refused
        else:

            def verified_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refused = _refused(request, verifier, max_body)
                return view(request, *args, **kwargs) if refused is None else refused

        functools.update_wrapper(verified_view, view)
        verified_view.csrf_exempt = True
        return cast("_View", verified_view)

    return decorate


def _is_async(view: Callable[..., Any]) -> bool:
    """Whether it gives something to await: `dispatch` of a class with coroutines does, and is none itself."""
    method = getattr(view, "func", view)  # method_decorator hands out a partial of it
    owner = getattr(method, "__self__", None)
    return iscoroutinefunction(view) or bool(getattr(owner, "view_is_async", False))


def _refused(request: HttpRequest, verifier: Verifier, max_body: int) -> HttpResponse | None:
    try:
        check_size(announced_size(request.META.get("CONTENT_LENGTH")), max_body)
        body = _body(request)
        check_size(len(body), max_body)
        request.hookseal = verifier.verify(body, request.headers.get(HEADER_NAME))
    except VerificationError as error:
        return HttpResponse(refusal(error, request.path), content_type=JSON, status=error.http_status)
    return None


def _body(request: HttpRequest) -> bytes:
    try:
        body: bytes = request.body
    except RequestDataTooBig:
        raise body_too_large(conf.settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    return body
