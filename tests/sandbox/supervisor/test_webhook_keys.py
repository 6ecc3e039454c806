"""Signing keys and partners are found from roles on secrets and from settings."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.deployment import DeclaredSecret, Deployment, Lifecycle, RoleAssignment, as_compiled
from sandbox.state import State
from sandbox.supervisor.webhook_keys import partners, webhook_keys

DEPLOYMENT = as_compiled()
SIGNER, URL = "notifier", "https://partner.example.com/webhooks"


def telling(settings: Mapping[str, str]) -> Deployment:
    """Return a deployment whose signer has these additional settings."""
    apps = tuple(
        replace(app, environment={**_inside(app.environment), **settings})
        if app.name == SIGNER
        else app
        for app in DEPLOYMENT.apps
    )
    return replace(DEPLOYMENT, apps=apps)


def _inside(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if value != URL}


def granted(deployment: Deployment, wanted: str, name: str) -> RoleAssignment:
    principal = deployment.principal(name).principal_id
    return next(
        each
        for each in deployment.assignments
        if each.principal_id == principal and each.scope.endswith(wanted)
    )


def test_the_samples_key_is_the_operators_to_set_and_the_notifiers_to_sign_with() -> None:
    [key] = webhook_keys(DEPLOYMENT)
    assert (key.secret, key.setter.name, key.signers) == (
        "webhook-signing-key",
        "operator",
        (SIGNER,),
    )
    assert key.addresses == ((URL,),)


def test_no_key_is_set_in_a_deployment_of_somebody_else() -> None:
    assert webhook_keys(DEPLOYMENT)
    assert webhook_keys(replace(DEPLOYMENT, is_own=False)) == ()


@pytest.mark.parametrize("who", ["operator", "notifier"])
def test_a_secret_that_nobody_sets_or_no_service_reads_is_no_key(who: str) -> None:
    without = granted(DEPLOYMENT, "secrets/webhook-signing-key", who)
    left = tuple(each for each in DEPLOYMENT.assignments if each != without)
    assert webhook_keys(replace(DEPLOYMENT, assignments=left)) == ()


def test_an_identity_that_code_cannot_use_signs_nothing() -> None:
    apps = tuple(
        replace(
            app,
            attachments=tuple(replace(each, lifecycle=Lifecycle.NONE) for each in app.attachments),
        )
        for app in DEPLOYMENT.apps
    )
    assert webhook_keys(replace(DEPLOYMENT, apps=apps)) == ()


def test_a_signer_that_was_made_anew_signs_still() -> None:
    before = DEPLOYMENT.principal(SIGNER)
    after = replace(before, principal_id="another", former_ids=(before.principal_id,))
    apps = tuple(
        replace(
            app,
            attachments=tuple(
                replace(each, identity=after) if each.identity == before else each
                for each in app.attachments
            ),
        )
        for app in DEPLOYMENT.apps
    )
    assert [each.signers for each in webhook_keys(replace(DEPLOYMENT, apps=apps))] == [(SIGNER,)]


@pytest.mark.parametrize(
    "value",
    [
        "https://api.management.azure.com/",
        "https://login.microsoftonline.com/common",
        "http://partner.example.com/",
        "partner.example.com",
        "https://[",
        "",
    ],
)
def test_what_is_azures_or_is_no_https_address_is_no_partner(value: str) -> None:
    [key] = webhook_keys(telling({"WHATEVER": value}))
    assert key.addresses == ()


def test_two_addresses_of_one_host_are_one_partner_and_another_host_is_another(
    tmp_path: Path,
) -> None:
    done, failed, other = f"{URL}/done", f"{URL}/failed", "https://client.example.org/"
    [key] = webhook_keys(telling({"DONE": done, "FAILED": failed, "OTHER": other}))
    assert key.addresses == ((done, failed), (other,))
    hosts = [each.host for each in partners(State.open(tmp_path), key)]
    assert hosts == ["partner.example.com", "client.example.org"]


def test_two_keys_are_kept_apart(tmp_path: Path) -> None:
    vault = DEPLOYMENT.vault
    second = DeclaredSecret("second", "not set", enabled=False)
    added = [
        replace(
            granted(DEPLOYMENT, "secrets/webhook-signing-key", who), scope=vault.secret_id("second")
        )
        for who in ("operator", "notifier")
    ]
    both = replace(
        DEPLOYMENT,
        vaults=(replace(vault, secrets=(*vault.secrets, second)),),
        assignments=(*DEPLOYMENT.assignments, *added),
    )
    state, keys = State.open(tmp_path), webhook_keys(both)
    assert [each.mark for each in keys] == ["", "-second"]
    partners(state, keys[0])[0].accept(f"whsec_{'a' * 43}=")
    assert [each.has_key for key in keys for each in partners(state, key)] == [True, False]
