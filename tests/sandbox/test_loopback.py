"""No program of ours asks a company's proxy for this machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.loopback import ask
from sandbox.state import PROJECT

# Modules that ask Azure, or the sandbox in its place, as the environment names it.
TO_AZURE = {
    "local/arm.py",
    "local/questions/blobs.py",
    "bench/client/work.py",
    "cli/access.py",
    "cli/doctor.py",
    "cli/local.py",
    "sandbox/supervisor/fake_az.py",
    "sandbox/loopback.py",
}
BY_ITSELF = {"get", "post", "put", "head", "delete", "request", "Session"}


def test_a_proxy_that_nobody_answers_at_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    with pytest.raises(requests.ConnectionError) as there:
        ask("GET", "http://127.0.0.1:1/", timeout=10)
    assert "port=1)" in str(there.value)
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("http://127.0.0.1:1/", timeout=10)


def calls(path: Path) -> Iterator[str]:
    """The functions of `requests` that a module calls."""
    for each in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            module = each.func.value
            if isinstance(module, ast.Name) and module.id == "requests":
                yield each.func.attr


def test_every_request_of_ours_goes_by_that_or_to_azure() -> None:
    modules = [each for tree in ("sandbox", "local") for each in (PROJECT / tree).rglob("*.py")]
    asking = {
        str(each.relative_to(PROJECT)) for each in modules if BY_ITSELF.intersection(calls(each))
    }
    assert asking <= TO_AZURE
    assert "sandbox/loopback.py" in asking


def test_no_other_http_client_is_told_to_trust_the_environment() -> None:
    modules = [each for tree in ("sandbox", "local") for each in (PROJECT / tree).rglob("*.py")]
    texts = {each: each.read_text("utf-8") for each in modules}
    assert [each for each, text in texts.items() if "trust_env=True" in text] == []
    others = [text for text in texts.values() if re.search(r"import (httpx|urllib\.request)", text)]
    assert all("ProxyHandler({})" in text for text in others)
