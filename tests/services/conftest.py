"""What the services' tests share: records are made as in production, so a bad `extra` shows."""

import logging

import pytest


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
