"""Probes that run at the same time share their tokens."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from local.doctor.cached_credential import CachedCredential


class Credential:
    def __init__(self, lasts: int = 3600) -> None:
        self.asked: list[str] = []
        self.lasts = lasts

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.append(scopes[0])
        if "refused" in scopes[0]:
            raise ClientAuthenticationError("nobody is signed in")
        return AccessToken(f"token {len(self.asked)}", int(time.time()) + self.lasts)


def test_a_token_is_asked_for_once_for_each_scope() -> None:
    credential = Credential()
    kept = CachedCredential(credential)
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(kept.get_token, ["storage"] * 8 + ["vault"] * 8))
    assert len(set(tokens)) == 2
    assert sorted(credential.asked) == ["storage", "vault"]


def test_a_token_that_is_about_to_expire_is_requested_again() -> None:
    kept = CachedCredential(Credential(lasts=60))
    assert kept.get_token("storage").token != kept.get_token("storage").token


def test_a_claims_challenge_requests_another_token() -> None:
    credential = Credential()
    kept = CachedCredential(credential)
    assert kept.get_token("storage") != kept.get_token("storage", claims="more")


def test_a_refusal_is_not_kept() -> None:
    credential = Credential()
    kept = CachedCredential(credential)
    for _ in range(2):
        with pytest.raises(ClientAuthenticationError):
            kept.get_token("refused")
    assert credential.asked == ["refused"] * 2
