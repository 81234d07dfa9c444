"""The ASGI middleware: driven by hand, and on a real server."""

import asyncio
import http.client
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hookseal import Verifier, sign
from hookseal.asgi import SignatureMiddleware
from support import BODY, REFUSALS, SHARED_KEY, SIGNATURE, in_pieces, refusal

VERIFIER = Verifier(SHARED_KEY)


class App:
    """Notes what it is called with, and answers 204."""

    def __init__(self) -> None:
        self.scope: Any = None
        self.body = b""
        self.afterwards: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        if scope["type"] != "http":
            return
        message: dict[str, Any] = {"more_body": True}
        while message["more_body"]:
            message = await receive()
            self.body += message["body"]
        self.afterwards = await receive()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


def call(app: App, pieces: list[bytes], headers: list[tuple[bytes, bytes]], path: str = "/hook", **options: Any) -> Any:
    """Sends a request through the middleware; gives the answer and the pieces that were not asked for."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages += [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
    return drive(SignatureMiddleware(app, VERIFIER, **options), messages, headers, path)


def drive(app: Any, messages: list[Any], headers: list[tuple[bytes, bytes]], path: str = "/hook") -> Any:
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "path": path, "headers": headers}, receive, send))
    return sent, messages


def signed(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"x-jws-signature", sign(body, SHARED_KEY).encode())]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_app_gets_the_body_as_it_came(size: int) -> None:
    app = App()
    sent, _ = call(app, in_pieces(BODY, size), signed(BODY))
    assert sent[0]["status"] == 204
    assert (app.body, app.scope["hookseal.verified"].key_format) == (BODY, "jwk")
    assert app.afterwards == {"type": "http.disconnect"}, "the app no longer hears the server"


def test_header_names_are_case_insensitive() -> None:
    app = App()
    call(app, [BODY], [(b"X-Jws-Signature", SIGNATURE.encode())])
    assert app.body == BODY


@pytest.mark.parametrize(("headers", "status", "code"), REFUSALS)
def test_what_does_not_verify_never_reaches_the_app(
    headers: dict[str, str], status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = App()
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    with caplog.at_level(logging.WARNING, "hookseal"):
        sent, _ = call(app, [BODY], raw)
    assert app.scope is None
    assert (sent[0]["status"], sent[1]["body"]) == (status, refusal(code))
    assert dict(sent[0]["headers"]) == {
        b"content-type": b"application/json",
        b"content-length": b"%d" % len(refusal(code)),
    }
    assert f"({code})" in caplog.text and "'/hook'" in caplog.text


def test_two_headers_are_refused() -> None:
    sent, _ = call(App(), [BODY], signed(BODY) * 2)
    assert (sent[0]["status"], sent[1]["body"]) == (400, refusal("multiple_signatures"))


def test_a_malformed_value_is_refused_before_the_body_is_read() -> None:
    sent, unread = call(App(), [BODY] * 5, [(b"x-jws-signature", b"nonsense")])
    assert (sent[0]["status"], len(unread)) == (400, 7)


def test_an_announced_size_over_the_limit_is_refused_unread() -> None:
    sent, unread = call(App(), [BODY] * 5, [*signed(BODY), (b"content-length", b"20")], max_body=19)
    assert (sent[0]["status"], sent[1]["body"], len(unread)) == (413, refusal("body_too_large"), 7)


def test_a_body_over_the_limit_is_read_no_further() -> None:
    sent, unread = call(App(), [BODY] * 5, signed(BODY * 5), max_body=19)
    assert (sent[0]["status"], len(unread)) == (413, 2)
    sent, _ = call(App(), [BODY] * 5, signed(BODY * 5), max_body=20)
    assert sent[0]["status"] == 204


def test_a_sender_that_hangs_up_gets_nothing() -> None:
    app = App()
    messages = [{"type": "http.request", "body": BODY, "more_body": True}, {"type": "http.disconnect"}]
    sent, _ = drive(SignatureMiddleware(app, VERIFIER), messages, signed(BODY))
    assert (sent, app.scope) == ([], None)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/hook", 401), ("/hook/", 401), ("/hook/below", 401), ("/hooks", 204), ("/", 204), ("/other/hook", 204)],
)
@pytest.mark.parametrize("named", ["/hook", "/hook/"])
def test_paths_are_limited_to_those_named(named: str, path: str, status: int) -> None:
    sent, _ = call(App(), [BODY], [], path, paths=[named])
    assert sent[0]["status"] == status


def test_a_single_path_is_no_list_of_paths() -> None:
    with pytest.raises(TypeError, match=r"paths is a list of paths: \['/hook'\]"):
        SignatureMiddleware(App(), VERIFIER, paths="/hook")


def test_a_key_is_no_verifier() -> None:
    with pytest.raises(TypeError, match=r"pass a hookseal\.Verifier, made with the shared key, not str"):
        SignatureMiddleware(App(), SHARED_KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_request_passes_through(kind: str) -> None:
    app = App()
    asyncio.run(SignatureMiddleware(app, VERIFIER)({"type": kind, "path": "/hook"}, None, None))  # type: ignore[arg-type]
    assert app.scope == {"type": kind, "path": "/hook"}


async def _echo(request: Request) -> Response:
    return JSONResponse({"size": len(await request.body()), "key": request.scope["hookseal.verified"].key_format})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A Starlette application behind the middleware, on uvicorn."""
    app = Starlette(routes=[Route("/hook", _echo, methods=["POST"])])
    app.add_middleware(SignatureMiddleware, verifier=VERIFIER, paths=["/hook"])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"{host}:{port}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("chunked", [False, True])
def test_on_a_real_server(server: str, chunked: bool) -> None:
    body = bytes(range(256)) * 3000
    connection = http.client.HTTPConnection(server, timeout=20)

    def post(value: str | None, body: bytes) -> tuple[int, bytes]:
        headers = {} if value is None else {"x-jws-signature": value}
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
            connection.request("POST", "/hook", iter(in_pieces(body, 10_000)), headers, encode_chunked=True)
        else:
            connection.request("POST", "/hook", body, headers)
        response = connection.getresponse()
        return response.status, response.read()

    assert post(sign(body, SHARED_KEY), body) == (200, b'{"size":768000,"key":"jwk"}')
    assert post(None, b"{}") == (401, refusal("missing_signature"))
    connection.close()
    assert post(sign(body, SHARED_KEY), body[:-1]) == (401, refusal("signature_mismatch"))
    assert post(sign(body, SHARED_KEY), body) == (200, b'{"size":768000,"key":"jwk"}')
    connection.close()
