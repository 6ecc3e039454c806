"""Logs: one JSON object a line, and nothing that an SDK would say about its requests."""

import json
import logging
import logging.config
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from services.common import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    for name in logs.config()["loggers"]:
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_record_is_one_line_of_json_with_its_photo(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logs.config())
    logging.getLogger("services.test").info("two\nlines", extra={"photo": "6f1d"})
    [line] = lines(capsys)
    assert (line["message"], line["photo"], line["level"]) == ("two\nlines", "6f1d", "INFO")


def test_what_is_known_is_on_each_line_until_something_else_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.config.dictConfig(logs.config())
    logs.bind(photo="6f1d")
    logging.getLogger("services.test").info("begun")
    logging.getLogger("azure").warning("failed")
    logs.bind()
    logging.getLogger("services.test").info("something else")
    assert [line.get("photo") for line in lines(capsys)] == ["6f1d", "6f1d", None]


def test_what_one_thread_knows_is_not_said_by_another(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logs.config())
    thread = threading.Thread(target=logs.bind, kwargs={"photo": "6f1d"})
    thread.start()
    thread.join()
    logging.getLogger("services.test").info("here")
    assert "photo" not in lines(capsys)[0]


def test_what_one_request_knows_is_not_said_by_the_next_of_its_thread(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.config.dictConfig(logs.config())
    app = Flask(__name__)

    @app.get("/<photo>")
    def one(photo: str) -> str:
        if photo != "none":
            logs.bind(photo=photo)
        logging.getLogger("services.test").info("asked")
        return ""

    client = app.test_client()
    for path in ("/6f1d", "/none", "/77aa"):
        client.get(path)
    logging.getLogger("services.test").info("between requests")
    assert [line.get("photo") for line in lines(capsys)] == ["6f1d", None, "77aa", None]


def test_an_exception_stays_on_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logs.config())
    try:
        int("broken")
    except ValueError:
        logging.getLogger("services.test").exception("It failed")
    [line] = lines(capsys)
    assert "ValueError: invalid literal" in line["error"]


@pytest.mark.parametrize(
    "name",
    [
        "azure.core.pipeline.policies.http_logging_policy",
        "azure.identity",
        "azure.servicebus._pyamqp",
        "urllib3.connectionpool",
    ],
)
def test_the_sdks_do_not_log_their_requests(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logs.config())
    logging.getLogger(name).info("Authorization: Bearer secret")
    assert not lines(capsys)
