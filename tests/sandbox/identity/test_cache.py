"""The endpoint's cache: the same token for an identity and a resource, until it expires."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import Deployment, Principal
from sandbox.entra import BLOB, VAULT, VAULT_AUDIENCES, Issuer, Lifetimes, SigningKey, Verifier
from sandbox.entra.issuer import LIFETIME
from sandbox.identity.cache import TokenCache, Wanted
from sandbox.testing.token_factory import claims_of
from tests.sandbox.identity.harness import RunningEndpoint

HOST = "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/gateway"
OWN = {"uti", "aio", "rh"}


class Tenant:
    """An issuer with a cache, on a clock that a test sets."""

    def __init__(self, key: SigningKey, deployment: Deployment) -> None:
        self.now = 1_900_000_000.0
        self.deployment = deployment
        self.gateway = deployment.principal("gateway")
        self.issuer = Issuer(key, deployment.tenant_id, self.clock, deployment.registration)
        self.cache = TokenCache(self.issuer)
        self.verifier = Verifier([key], deployment.tenant_id, VAULT_AUDIENCES, {}, self.clock)

    def clock(self) -> float:
        return self.now

    def ids(self, *wanted: Wanted) -> list[str]:
        return [self.cache.token(each).token.id for each in wanted]


@pytest.fixture
def tenant(key: SigningKey, deployment: Deployment) -> Tenant:
    return Tenant(key, deployment)


def wanted(who: Principal, resource: str = VAULT, program: str = "") -> Wanted:
    return Wanted(who, resource, HOST, program)


def test_the_same_token_is_handed_out_until_it_expires(tenant: Tenant) -> None:
    first = tenant.cache.token(wanted(tenant.gateway))
    tenant.now += LIFETIME - 1
    again = tenant.cache.token(wanted(tenant.gateway))
    assert (first.again, again.again) == (False, True)
    assert again.token is first.token
    assert tenant.verifier.verify(again.token.text)
    tenant.now += 1
    new = tenant.cache.token(wanted(tenant.gateway))
    assert not new.again
    assert new.token.expires_on == int(tenant.now) + LIFETIME
    assert tenant.verifier.verify(new.token.text).token_id == new.token.id


def test_with_a_margin_a_token_is_renewed_before_it_expires(tenant: Tenant) -> None:
    cache = TokenCache(tenant.issuer, margin=300)
    first = cache.token(wanted(tenant.gateway)).token
    tenant.now += LIFETIME - 301
    assert cache.token(wanted(tenant.gateway)).token is first
    tenant.now += 1
    assert cache.token(wanted(tenant.gateway)).token is not first


def test_each_identity_resource_and_app_has_a_token_of_its_own(tenant: Tenant) -> None:
    catalog = tenant.deployment.principal("catalog")
    asked = [
        wanted(tenant.gateway),
        wanted(tenant.gateway, BLOB),
        wanted(catalog),
        replace(wanted(tenant.gateway), host_id=f"{HOST}2"),
    ]
    assert len(set(tenant.ids(*asked))) == len(asked)
    assert tenant.ids(*asked) == tenant.ids(*asked)


def test_a_recreated_identity_begins_without_a_token(tenant: Tenant) -> None:
    recreated = replace(tenant.gateway, principal_id="99999999-0000-4000-8000-000000000000")
    old, new = tenant.ids(wanted(tenant.gateway), wanted(recreated))
    assert old != new
    assert tenant.ids(wanted(tenant.gateway)) == [old]


def test_an_app_role_granted_later_is_in_the_next_token_only(tenant: Tenant) -> None:
    api = tenant.deployment.registration
    assert api is not None
    notifier = tenant.deployment.principal("notifier")
    asked = wanted(notifier, api.app_id)
    assert tenant.cache.token(asked).token.roles == ()
    tenant.issuer.registration = replace(api, roles={notifier.principal_id: ("Catalog.Read",)})
    tenant.now += LIFETIME - 1
    assert tenant.cache.token(asked).token.roles == ()
    tenant.now += 1
    assert tenant.cache.token(asked).token.roles == ("Catalog.Read",)


def test_without_the_cache_each_request_gets_a_new_token(tenant: Tenant) -> None:
    (kept,) = tenant.ids(wanted(tenant.gateway))
    tenant.cache.on = False
    others = tenant.ids(wanted(tenant.gateway), wanted(tenant.gateway))
    tenant.cache.on = True
    (later,) = tenant.ids(wanted(tenant.gateway))
    assert len({kept, *others, later}) == 4
    assert tenant.ids(wanted(tenant.gateway)) == [later]


def test_a_shorter_life_is_that_of_the_next_token(tenant: Tenant) -> None:
    tenant.issuer.lifetimes = Lifetimes(360, 360)
    (first,) = tenant.ids(wanted(tenant.gateway))
    tenant.now += 359
    assert tenant.ids(wanted(tenant.gateway)) == [first]
    tenant.now += 1
    assert tenant.ids(wanted(tenant.gateway)) != [first]


def test_a_program_gets_the_apps_token_under_an_id_of_its_own(tenant: Tenant) -> None:
    mine, other = wanted(tenant.gateway, program="one"), wanted(tenant.gateway, program="two")
    app = tenant.cache.token(wanted(tenant.gateway)).token
    tenant.now += 60
    copy = tenant.cache.token(mine).token
    assert tenant.ids(mine, mine) == [copy.id, copy.id]
    assert len({app.id, copy.id, *tenant.ids(other)}) == 3
    first, second = claims_of(app.text), claims_of(copy.text)
    assert {name for name in first if first[name] != second[name]} == OWN
    assert tenant.verifier.verify(copy.text).token_id == copy.id


def test_a_thousand_tokens_are_kept_and_no_request_pushes_an_apps_token_out(
    tenant: Tenant,
) -> None:
    def ask(number: int) -> Wanted:
        return wanted(tenant.gateway, f"https://a{number}.blob.core.windows.net/")

    token = tenant.cache.token(ask(0)).token
    tenant.cache._tokens.update({ask(number).key: token for number in range(1, 999)})
    one, two = (wanted(tenant.gateway, ask(0).resource, program=each) for each in ("one", "two"))
    tenant.ids(one, two)
    assert len(tenant.cache._tokens) == 1000
    assert two.key in tenant.cache._tokens
    assert one.key not in tenant.cache._tokens
    (late,) = tenant.ids(ask(1000))
    assert tenant.ids(ask(1000)) == [late]
    assert tenant.ids(ask(1001)) != tenant.ids(ask(1001))
    assert tenant.ids(ask(0)) == [token.id]
    tenant.now += LIFETIME
    assert tenant.ids(ask(1001)) == tenant.ids(ask(1001))


def test_the_audit_has_each_hand_out_under_the_tokens_id(endpoint: RunningEndpoint) -> None:
    replies = [endpoint.ask("notifier") for _ in range(2)]
    assert replies[0].json == replies[1].json
    first, again = endpoint.audit()
    assert first.token_id == again.token_id
    assert (first.outcome, again.outcome) == (Outcome.ISSUED, Outcome.ISSUED)
    assert (first.why, again.why) == ("", "from the cache")


def test_a_refused_request_is_refused_although_the_token_is_cached(
    deployment: Deployment, key: SigningKey, tmp_path: Path
) -> None:
    endpoint = RunningEndpoint(deployment, key, tmp_path)
    client_id = deployment.principal("gateway").client_id
    try:
        assert endpoint.ask("gateway", client_id=client_id).status == 200
        assert endpoint.ask("catalog", client_id=client_id).status == 400
    finally:
        endpoint.stop()
