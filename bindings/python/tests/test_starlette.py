"""The dependency of FastAPI and Starlette, in endpoints that are coroutines and functions."""

import logging
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from hookseal import HEADER_NAME, VerificationError, Verifier, sign
from hookseal.fastapi import Delivery, SignedDelivery, refuse
from support import REFUSALS, SHARED_KEY, refusal

signed_delivery = SignedDelivery(Verifier(SHARED_KEY), max_body=2000)
Signed = Annotated[Delivery, Depends(signed_delivery)]

BODY = b'{ "id": 1 }'
HEADERS = {HEADER_NAME: sign(BODY, SHARED_KEY)}


def fastapi_app() -> FastAPI:
    app = FastAPI()

    @app.post("/hook")
    async def coroutine(delivery: Signed, request: Request) -> dict[str, Any]:
        again = [await request.body(), b"".join([piece async for piece in request.stream()])]
        return answer(delivery) | {"again": again == [delivery.body] * 2 and await request.json() == delivery.json()}

    @app.post("/function")
    def function(delivery: Signed) -> dict[str, Any]:
        return answer(delivery) | {"again": True}

    @app.post("/gone", dependencies=[Depends(consume)])
    async def gone(delivery: Signed) -> str:
        raise AssertionError("never reached")

    return app


async def consume(request: Request) -> None:
    """What a form's parser does."""
    async for _ in request.stream():
        pass


def starlette_app() -> Starlette:
    async def endpoint(request: Request) -> Response:
        delivery = await signed_delivery(request)
        return JSONResponse(answer(delivery) | {"again": await request.body() == delivery.body})

    routes = [Route("/hook", endpoint, methods=["POST"])]
    return Starlette(routes=[*routes, Mount("/below", app=Starlette(routes=routes)), Mount("/mounted", routes=routes)])


def answer(delivery: Delivery) -> dict[str, Any]:
    return {"id": delivery.json()["id"], "key": delivery.verified.key_format}


CASES = [(fastapi_app, "/hook"), (fastapi_app, "/function")] + [
    (starlette_app, path) for path in ("/hook", "/below/hook", "/mounted/hook")
]


@pytest.mark.parametrize(("make_app", "path"), CASES)
def test_the_endpoint_gets_the_delivery_and_the_body(make_app: Any, path: str) -> None:
    response = TestClient(make_app()).post(path, content=BODY, headers=HEADERS)
    assert (response.status_code, response.json()) == (200, {"id": 1, "key": "jwk", "again": True})


@pytest.mark.parametrize(("make_app", "path"), CASES)
@pytest.mark.parametrize(("headers", "status", "code"), REFUSALS)
def test_what_does_not_verify_is_refused(
    make_app: Any, path: str, headers: dict[str, str], status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = TestClient(make_app())
    with caplog.at_level(logging.WARNING, "hookseal"):
        for _ in range(2):
            response = client.post(path, content=b"$.02", headers=headers)
            assert (response.status_code, response.content) == (status, refusal(code))
            assert response.headers["content-type"] == "application/json"
    assert f"({code})" in caplog.text


def test_two_headers_are_refused() -> None:
    headers = [(HEADER_NAME, HEADERS[HEADER_NAME])] * 2
    response = TestClient(fastapi_app()).post("/hook", content=BODY, headers=headers)
    assert (response.status_code, response.content) == (400, refusal("multiple_signatures"))


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_refused(announced: bool) -> None:
    body = b"x" * 10_000
    headers = {HEADER_NAME: sign(body, SHARED_KEY)}
    client = TestClient(fastapi_app())
    content: Any = body if announced else iter([body])
    response = client.post("/hook", content=content, headers=headers)
    assert (response.status_code, response.content) == (413, refusal("body_too_large"))


def test_a_body_that_is_gone_is_no_mystery() -> None:
    with pytest.raises(RuntimeError, match="the body was read before it could be verified"):
        TestClient(fastapi_app()).post("/gone", content=BODY, headers=HEADERS)


def test_an_app_may_answer_in_its_own_way() -> None:
    app = fastapi_app()

    @app.exception_handler(VerificationError)
    def teapot(_: Request, error: VerificationError) -> Response:
        return PlainTextResponse(error.code, 418)

    response = TestClient(app).post("/hook", content=BODY)
    assert (response.status_code, response.text) == (418, "missing_signature")


def test_the_handler_is_for_its_errors_alone() -> None:
    with pytest.raises(KeyError):
        refuse(Request({"type": "http"}), KeyError())
