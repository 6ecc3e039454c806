"""The keys of outside issuers: fetched within limits, and kept."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from sandbox.entra.outside_keys import Keys, OutsideKeys, UnreachableError, fetch_keys
from tests.sandbox.entra.outside import DISCOVERY, Outside, serving


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(tmp_path) as (issuer, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        yield issuer


def fetched(issuer: str) -> Keys:
    return asyncio.run(fetch_keys(issuer))


def refusal(issuer: str) -> str:
    with pytest.raises(UnreachableError) as refused:
        fetched(issuer)
    return str(refused.value)


def test_the_keys_are_those_that_the_discovery_document_names(outside: Outside) -> None:
    assert list(fetched(outside.address)) == ["outside-1"]
    assert outside.asked == [DISCOVERY, "/keys"]


def test_an_issuer_that_this_machine_does_not_trust_is_not_believed(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "CERTIFICATE_VERIFY_FAILED" in refusal(outside.address)


def test_a_document_of_another_issuer_is_not_believed(outside: Outside) -> None:
    outside.answers[DISCOVERY]["issuer"] = "https://issuer.example"
    assert "of another issuer" in refusal(outside.address)
    assert outside.asked == [DISCOVERY]


def test_no_redirect_is_followed(outside: Outside) -> None:
    outside.answers[DISCOVERY] = 302
    assert f"{outside.address}{DISCOVERY} answered 302" in refusal(outside.address)
    assert outside.asked == [DISCOVERY]


@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example/keys",
        "https://169.254.169.254/keys",
        "https://127.0.0.1:1/keys",
        "https://[::1]/keys",
        "https://localhost/keys",
        "https://a.localhost/keys",
        "https://issuer.example:8443/keys",
        "https://me@issuer.example/keys",
        "file:///etc/passwd",
        None,
        ["https://issuer.example/keys"],
    ],
)
def test_keys_are_looked_for_at_the_issuer_or_at_a_name(outside: Outside, address: Any) -> None:
    """A document that leads to an address of this network would be asked of by the sandbox."""
    outside.answers[DISCOVERY]["jwks_uri"] = address
    assert "names no address for its keys that may be asked" in refusal(outside.address)
    assert outside.asked == [DISCOVERY]


@pytest.mark.parametrize("path", [DISCOVERY, "/keys"])
def test_a_document_without_end_is_read_up_to_a_limit(outside: Outside, path: str) -> None:
    outside.answers[path] = b" " * (256 * 1024 + 1)
    assert "is longer than 262144 bytes" in refusal(outside.address)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"[" * 100_000, b'{"keys": 1}', b"\xff"])
def test_an_odd_document_is_a_failure_in_words(outside: Outside, body: bytes) -> None:
    outside.answers["/keys"] = body
    assert refusal(outside.address)


def test_of_many_keys_only_strong_rsa_keys_with_an_id_count(outside: Outside) -> None:
    good = outside.published()
    weak = {**RSAKey.generate_key(1024).as_dict(private=False), "kid": "weak"}
    odd: list[Any] = [None, 1, {}, {"kty": "EC", "kid": "ec"}, {**good, "kid": None}, weak]
    odd += [{**good, "kid": "no n", "n": 1}, {**good, "kid": "no e", "e": "!"}]
    outside.answers["/keys"] = {"keys": [*odd, good]}
    assert list(fetched(outside.address)) == ["outside-1"]


class Source:
    """Keys that can be changed and that can fail, and a clock that can be set."""

    def __init__(self) -> None:
        self.now, self.asked, self.fails = 1000.0, 0, False
        self.found: dict[str, Any] = {"a": "key a"}
        self.keys = OutsideKeys(self.fetch, lambda: self.now)

    async def fetch(self, _: str) -> Keys:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise UnreachableError("down")
        return dict(self.found)

    async def key(self, kid: str) -> Any:
        return await self.keys.key("https://issuer.example", kid)


def test_keys_are_fetched_once_a_day() -> None:
    async def run() -> None:
        source = Source()
        assert await source.key("a") == "key a"
        source.now += 23 * 3600
        assert await source.key("a") == "key a"
        assert source.asked == 1
        source.now += 3600
        await source.key("a")
        assert source.asked == 2

    asyncio.run(run())


def test_unknown_ids_cost_one_fetch_a_minute_and_a_new_key_is_found_by_then() -> None:
    async def run() -> None:
        source = Source()
        await source.key("a")
        for number in range(50):
            assert await source.key(f"made up {number}") is None
        assert source.asked == 1
        source.found = {"b": "key b"}
        source.now += 60
        assert await source.key("b") == "key b"
        assert source.asked == 2

    asyncio.run(run())


def test_however_many_ask_at_once_the_issuer_is_asked_once() -> None:
    async def run() -> None:
        source = Source()
        found = await asyncio.gather(*(source.key("a") for _ in range(20)))
        assert found == ["key a"] * 20
        assert source.asked == 1

    asyncio.run(run())


def test_an_issuer_that_fails_is_left_alone_for_a_moment() -> None:
    async def run() -> None:
        source = Source()
        source.fails = True
        for _ in range(10):
            with pytest.raises(UnreachableError, match="down"):
                await source.key("a")
        assert source.asked == 1
        source.fails = False
        source.now += 5
        assert await source.key("a") == "key a"

    asyncio.run(run())


def test_an_address_in_the_document_may_be_anothers_name(outside: Outside) -> None:
    """Google's is: accounts.google.com names www.googleapis.com."""
    outside.answers[DISCOVERY]["jwks_uri"] = "https://keys.issuer.invalid/keys"
    assert "keys.issuer.invalid" in refusal(outside.address)
    assert json.dumps(outside.asked) == json.dumps([DISCOVERY])
