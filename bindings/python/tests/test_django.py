"""The decorator for Django, on views that are functions, coroutines and classes, under WSGI and ASGI."""

import asyncio
import json
import logging
import sys
from types import ModuleType
from typing import Any

import django
import pytest
from django.conf import settings

from hookseal import HEADER_NAME, Verifier, sign
from support import REFUSALS, SHARED_KEY, refusal

VERIFIER = Verifier(SHARED_KEY)
BODY = b'{ "id": 1 }'
HEADERS = {HEADER_NAME: sign(BODY, SHARED_KEY)}


def urls() -> list[Any]:
    from django.http import JsonResponse
    from django.urls import path
    from django.utils.decorators import method_decorator
    from django.views import View

    from hookseal.django import signed_delivery

    def answer(request: Any, name: str) -> Any:
        assert request.body == BODY
        return JsonResponse({"id": json.loads(request.body)["id"], "key": request.hookseal.key_format, "name": name})

    @signed_delivery(VERIFIER)
    def function(request: Any, name: str) -> Any:
        """A view."""
        return answer(request, name)

    @signed_delivery(VERIFIER)
    async def coroutine(request: Any, name: str) -> Any:
        return answer(request, name)

    @method_decorator(signed_delivery(VERIFIER), name="dispatch")
    class Decorated(View):  # type: ignore[misc]
        def post(self, request: Any, name: str) -> Any:
            return answer(request, name)

    @method_decorator(signed_delivery(VERIFIER), name="dispatch")
    class AsyncDecorated(View):  # type: ignore[misc]
        async def post(self, request: Any, name: str) -> Any:
            return answer(request, name)

    class Plain(View):  # type: ignore[misc]
        async def post(self, request: Any, name: str) -> Any:
            return answer(request, name)

    @signed_delivery(VERIFIER, max_body=10)
    def small(request: Any, name: str) -> Any:
        raise AssertionError("never reached")

    @signed_delivery(VERIFIER, max_body=10_000_000)
    def large(request: Any, name: str) -> Any:
        return JsonResponse({"size": len(request.body)})

    @signed_delivery(VERIFIER)
    def form(request: Any, name: str) -> Any:
        return JsonResponse(request.POST.dict())

    assert (function.__name__, function.__doc__) == ("function", "A view.")
    views = {
        "function": function,
        "coroutine": coroutine,
        "class": Decorated.as_view(),
        "coroutine_class": AsyncDecorated.as_view(),
        "wrapped_class": signed_delivery(VERIFIER)(Plain.as_view()),
        "small": small,
        "large": large,
        "form": form,
    }
    return [path(f"{kind}/<name>", view) for kind, view in views.items()]


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        ROOT_URLCONF="hookseal_test_urls",
        SECRET_KEY="for tests alone",
    )
    django.setup()
    module: Any = ModuleType("hookseal_test_urls")
    sys.modules[module.__name__] = module
    module.urlpatterns = urls()


def post(protocol: str, path: str, body: bytes, headers: dict[str, str], kind: str = "application/json") -> Any:
    """Posts as a browser from elsewhere would: without a CSRF token, which Django checks."""
    from django.test import AsyncClient, Client

    if protocol == "WSGI":
        return Client(enforce_csrf_checks=True).post(path, body, kind, headers=headers)
    client = AsyncClient(enforce_csrf_checks=True)
    return asyncio.run(client.post(path, body, kind, headers=headers))


PROTOCOLS = pytest.mark.parametrize("protocol", ["WSGI", "ASGI"])
KINDS = pytest.mark.parametrize("kind", ["function", "coroutine", "class", "coroutine_class", "wrapped_class"])


@PROTOCOLS
@KINDS
def test_the_view_gets_the_body_as_it_came(protocol: str, kind: str) -> None:
    response = post(protocol, f"/{kind}/x", BODY, HEADERS)
    assert (response.status_code, response.json()) == (200, {"id": 1, "key": "jwk", "name": "x"})


@PROTOCOLS
@KINDS
@pytest.mark.parametrize(("headers", "status", "code"), REFUSALS)
def test_what_does_not_verify_is_refused(
    protocol: str, kind: str, headers: dict[str, str], status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hookseal"):
        response = post(protocol, f"/{kind}/x", b"$.02", headers)
    assert (response.status_code, response.content) == (status, refusal(code))
    assert response["Content-Type"] == "application/json"
    assert f"({code})" in caplog.text


@PROTOCOLS
def test_a_large_body_is_refused(protocol: str) -> None:
    response = post(protocol, "/small/x", BODY, HEADERS)
    assert (response.status_code, response.content) == (413, refusal("body_too_large"))


@PROTOCOLS
def test_djangos_own_limit_holds_too(protocol: str) -> None:
    for size, status in ((2_621_440, 200), (2_621_441, 413)):
        body = b"x" * size
        assert post(protocol, "/large/x", body, {HEADER_NAME: sign(body, SHARED_KEY)}).status_code == status


@PROTOCOLS
def test_a_form_can_be_parsed_afterwards(protocol: str) -> None:
    headers = {HEADER_NAME: sign(b"a=1&b=2", SHARED_KEY)}
    response = post(protocol, "/form/x", b"a=1&b=2", headers, "application/x-www-form-urlencoded")
    assert response.json() == {"a": "1", "b": "2"}


def test_a_key_is_no_verifier() -> None:
    from hookseal.django import signed_delivery

    with pytest.raises(TypeError, match=r"pass a hookseal\.Verifier"):
        signed_delivery(SHARED_KEY)  # type: ignore[arg-type]
