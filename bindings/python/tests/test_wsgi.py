"""The WSGI middleware: driven by hand, and on a real server."""

import http.client
import io
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from hookseal import Verifier, sign
from hookseal.wsgi import SignatureMiddleware
from support import BODY, REFUSALS, SHARED_KEY, SIGNATURE, refusal

VERIFIER = Verifier(SHARED_KEY)


class App:
    """Notes what it is called with, and answers 204."""

    def __init__(self) -> None:
        self.environ: Any = None
        self.body = b""

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.environ = environ
        self.body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("204 No Content", [])
        return []


class Slow(io.BytesIO):
    """Gives a few octets at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size, "it may never end"
        return super().read(min(size, 3))


def call(app: App, body: bytes, environ: dict[str, Any], **options: Any) -> tuple[str, dict[str, str], bytes, int]:
    """Sends a request through the middleware; gives the answer, and how much of the body was read."""
    stream = Slow(body)
    environ = {"wsgi.input": stream, "PATH_INFO": "/hook", "CONTENT_LENGTH": str(len(body)), **environ}
    setup_testing_defaults(environ)
    started: list[Any] = []

    def start_response(*given: Any) -> Any:
        started.append(given)

    answer = SignatureMiddleware(app, VERIFIER, **options)(environ, start_response)
    [(status, headers)] = started
    return status, dict(headers), b"".join(answer), stream.tell()


def signed(body: bytes) -> dict[str, Any]:
    return {"HTTP_X_JWS_SIGNATURE": sign(body, SHARED_KEY)}


def test_the_app_gets_the_body_as_it_came() -> None:
    app = App()
    status, *_ = call(app, BODY * 10, signed(BODY * 10))
    assert (status, app.body) == ("204 No Content", BODY * 10)
    assert app.environ["hookseal.verified"].key_format == "jwk"
    assert app.environ["wsgi.input"].read() == b""


@pytest.mark.parametrize(("headers", "status", "code"), REFUSALS)
def test_what_does_not_verify_never_reaches_the_app(headers: dict[str, str], status: int, code: str) -> None:
    app = App()
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    line, answer_headers, answer, _ = call(app, BODY, given)
    assert app.environ is None
    assert (int(line.split()[0]), answer) == (status, refusal(code))
    assert answer_headers == {"Content-Type": "application/json", "Content-Length": str(len(answer))}


def test_an_announced_size_over_the_limit_is_refused_unread() -> None:
    for length in ("4", "0004", "9" * 10_000):
        line, _, answer, read = call(App(), BODY, {**signed(BODY), "CONTENT_LENGTH": length}, max_body=3)
        assert (line.split()[0], answer, read) == ("413", refusal("body_too_large"), 0)


def test_a_malformed_value_is_refused_before_the_body_is_read() -> None:
    assert call(App(), BODY, {"HTTP_X_JWS_SIGNATURE": "nonsense"})[3] == 0


def test_no_more_is_read_than_was_announced() -> None:
    app = App()
    line, *_, read = call(app, BODY + b"the next request", {**signed(BODY), "CONTENT_LENGTH": "4"})
    assert (line, app.body, read) == ("204 No Content", BODY, 4)


def test_a_body_that_ends_early_does_not_verify() -> None:
    line, *_ = call(App(), BODY[:-1], {**signed(BODY), "CONTENT_LENGTH": "4"})
    assert line == "401 Unauthorized"


class TestWithoutALength:
    def test_a_body_is_read_to_its_end_where_it_has_one(self) -> None:
        app = App()
        line, *_ = call(app, BODY, {**signed(BODY), "CONTENT_LENGTH": "", "wsgi.input_terminated": True})
        assert (line, app.body, app.environ["CONTENT_LENGTH"]) == ("204 No Content", BODY, "4")

    def test_the_limit_holds(self) -> None:
        line, *_, read = call(
            App(), BODY * 100, {**signed(BODY), "CONTENT_LENGTH": "", "wsgi.input_terminated": True}, max_body=10
        )
        assert (line.split()[0], read) == ("413", 11)

    @pytest.mark.parametrize("length", ["", "-1", "abc", "٣", "4 4"])
    def test_nothing_is_read_where_there_is_no_end(self, length: str) -> None:
        line, *_, read = call(App(), BODY, {**signed(BODY), "CONTENT_LENGTH": length})
        assert (line, read) == ("401 Unauthorized", 0)


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"PATH_INFO": "/hook"}, "401 Unauthorized"),
        ({"SCRIPT_NAME": "/hook", "PATH_INFO": "/below"}, "401 Unauthorized"),
        ({"PATH_INFO": "/h\xc3\xbcck"}, "401 Unauthorized"),
        ({"PATH_INFO": "/hooks"}, "204 No Content"),
        ({"PATH_INFO": "/\xff"}, "204 No Content"),
    ],
)
def test_paths_are_limited_to_those_named(environ: dict[str, str], status: str) -> None:
    assert call(App(), BODY, environ, paths=["/hook", "/hück"])[0] == status


def _echo(environ: Any, start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An application behind the middleware, with a checker of PEP 3333 on either side, on the standard library's server."""
    app: Any = validator(SignatureMiddleware(validator(_echo), VERIFIER))
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_on_a_real_server(server: str) -> None:
    def post(*signatures: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(server, timeout=20)
        connection.putrequest("POST", "/hook")
        connection.putheader("Content-Length", str(len(BODY)))
        connection.putheader("Content-Type", "application/json")
        for signature in signatures:
            connection.putheader("x-jws-signature", signature)
        connection.endheaders(BODY)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    assert post(SIGNATURE) == (200, BODY)
    assert post() == (401, refusal("missing_signature"))
    assert post(SIGNATURE, SIGNATURE) == (400, refusal("multiple_signatures"))
