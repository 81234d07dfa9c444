"""The decorator for Flask, on views that are functions, coroutines and classes."""

import logging
from typing import Any, ClassVar

import pytest
from flask import Flask, g, jsonify, request
from flask.views import MethodView

from hookseal import HEADER_NAME, Verifier, sign
from hookseal.flask import signed_delivery
from hookseal.wsgi import SignatureMiddleware
from support import REFUSALS, SHARED_KEY, refusal

VERIFIER = Verifier(SHARED_KEY)
BODY = b'{ "id": 1 }'
JSON = {"Content-Type": "application/json"}
HEADERS = JSON | {HEADER_NAME: sign(BODY, SHARED_KEY)}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def answer(**more: Any) -> Any:
    assert request.get_data() == BODY
    return jsonify(id=request.get_json()["id"], key=g.hookseal.key_format, **more)


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)

    @app.post("/function/<name>")
    @signed_delivery(VERIFIER)
    def function(name: str) -> Any:
        """A view."""
        return answer(name=name)

    @app.post("/coroutine/<name>")
    @signed_delivery(VERIFIER)
    async def coroutine(name: str) -> Any:
        """A view."""
        return answer(name=name)

    class View(MethodView):
        decorators: ClassVar[list[Any]] = [signed_delivery(VERIFIER)]

        def post(self, name: str) -> Any:
            return answer(name=name)

    app.add_url_rule("/class/<name>", view_func=View.as_view("class"))

    @app.post("/small")
    @signed_delivery(VERIFIER, max_body=10)
    def small() -> Any:
        raise AssertionError("never reached")

    @app.post("/form")
    @signed_delivery(VERIFIER)
    def form() -> Any:
        return dict(request.form)

    assert (function.__name__, coroutine.__doc__) == ("function", "A view.")
    return app


KINDS = pytest.mark.parametrize("kind", ["function", "coroutine", "class"])


@KINDS
def test_the_view_gets_the_body_as_it_came(app: Flask, kind: str) -> None:
    response = app.test_client().post(f"/{kind}/x", data=BODY, headers=HEADERS)
    assert (response.status_code, response.json) == (200, {"id": 1, "key": "jwk", "name": "x"})


@KINDS
@pytest.mark.parametrize(("headers", "status", "code"), REFUSALS)
def test_what_does_not_verify_is_refused(
    app: Flask, kind: str, headers: dict[str, str], status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hookseal"):
        response = app.test_client().post(f"/{kind}/x", data=b"$.02", headers=headers)
    assert (response.status_code, response.data, response.content_type) == (status, refusal(code), "application/json")
    assert f"({code})" in caplog.text


def test_two_headers_are_refused(app: Flask) -> None:
    headers = [(HEADER_NAME, HEADERS[HEADER_NAME])] * 2
    response = app.test_client().post("/function/x", data=BODY, headers=headers)
    assert (response.status_code, response.data) == (400, refusal("multiple_signatures"))


def test_a_large_body_is_refused(app: Flask) -> None:
    response = app.test_client().post("/small", data=BODY, headers=HEADERS)
    assert (response.status_code, response.data) == (413, refusal("body_too_large"))


def test_a_large_body_without_a_length_is_refused(app: Flask) -> None:
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": None}
    response = app.test_client().post("/small", data=BODY, headers=HEADERS, environ_overrides=environ)
    assert (response.status_code, response.data) == (413, refusal("body_too_large"))


def test_a_large_body_that_was_read_before_is_refused(app: Flask) -> None:
    app.before_request(lambda: request.get_data() and None)
    response = app.test_client().post("/small", data=BODY, headers=HEADERS)
    assert (response.status_code, response.data) == (413, refusal("body_too_large"))


def test_the_apps_own_limit_holds_too(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 5
    response = app.test_client().post("/function/x", data=BODY, headers=HEADERS)
    assert (response.status_code, response.data) == (413, refusal("body_too_large"))


def test_a_form_can_be_parsed_afterwards(app: Flask) -> None:
    headers = FORM | {HEADER_NAME: sign(b"a=1&b=2", SHARED_KEY)}
    assert app.test_client().post("/form", data=b"a=1&b=2", headers=headers).json == {"a": "1", "b": "2"}


def test_a_form_that_was_parsed_before_is_no_mystery(app: Flask) -> None:
    app.before_request(lambda: request.form and None)
    app.testing = True
    headers = FORM | {HEADER_NAME: sign(b"a=1", SHARED_KEY)}
    with pytest.raises(RuntimeError, match="the form was parsed before the body could be verified"):
        app.test_client().post("/form", data=b"a=1", headers=headers)


def test_a_key_is_no_verifier() -> None:
    with pytest.raises(TypeError, match=r"pass a hookseal\.Verifier"):
        signed_delivery(SHARED_KEY)  # type: ignore[arg-type]


def test_the_middleware_goes_in_front() -> None:
    app = Flask(__name__)
    app.wsgi_app = SignatureMiddleware(app.wsgi_app, VERIFIER)  # type: ignore[method-assign]

    @app.post("/")
    def view() -> Any:
        return jsonify(id=request.get_json()["id"], key=request.environ["hookseal.verified"].key_format)

    assert app.test_client().post("/", data=BODY, headers=HEADERS).json == {"id": 1, "key": "jwk"}
    assert app.test_client().post("/", data=BODY).data == refusal("missing_signature")
