"""Errors as problem+json, and the headers of every answer."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.common import web
from services.common.web import Problem


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    web.init_app(app)

    @app.get("/known")
    def known() -> str:
        raise Problem(429, "rate-limited", "Too many", {"Retry-After": "60"})

    @app.get("/unknown")
    def unknown() -> str:
        raise RuntimeError("a secret detail")

    return app.test_client()


def test_a_problem_is_told_as_rfc_9457_wants_it(client: FlaskClient) -> None:
    answer = client.get("/known")
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Retry-After"] == "60"
    assert answer.get_json(force=True) == {
        "type": "urn:keyless:problem:rate-limited",
        "title": "Too many",
        "status": 429,
    }


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/unknown", 500)])
def test_every_other_error_is_a_problem_too_and_gives_nothing_away(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert b"secret" not in answer.data


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    assert "GET" in client.post("/known").headers["Allow"]


@pytest.mark.parametrize("path", ["/known", "/nowhere"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
