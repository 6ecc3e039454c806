"""The signing keys of webhooks and their partners, found from roles and settings, not by names.

A signing key is a secret that a user may set and an app may read. A partner is an https address
among the app's settings that is neither the deployment's own nor Azure's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sandbox.deployment import ContainerApp, Deployment, Principal, Vault
from sandbox.partner.receiver import Partner
from sandbox.rbac import Action, Allowed, Policy, Requirement
from sandbox.state import State

_SECRETS = "Microsoft.KeyVault/vaults/secrets"
_SET = Action(f"{_SECRETS}/setSecret/action", data=True)
_GET = Action(f"{_SECRETS}/getSecret/action", data=True)
# learn.microsoft.com/azure/security/fundamentals/azure-domains
_OF_AZURE = tuple(
    f".{domain}"
    for domain in (
        "azure.com",
        "azure.net",
        "azurecontainerapps.io",
        "azurecr.io",
        "azure-api.net",
        "azurewebsites.net",
        "microsoft.com",
        "microsoftonline.com",
        "windows.net",
    )
)


@dataclass(frozen=True)
class WebhookKey:
    """A key: its secret in a vault, the user that sets it, the services that sign with it.

    `addresses` are the webhook addresses by host; empty without a partner.
    `mark` is the suffix of its files in the state folder, empty for the deployment's first key.
    """

    vault: Vault
    secret: str
    setter: Principal
    signers: tuple[str, ...]
    addresses: tuple[tuple[str, ...], ...]
    mark: str = ""


def webhook_keys(deployment: Deployment) -> tuple[WebhookKey, ...]:
    """Every key of `deployment`; none where no user sets a secret that a service reads.

    Nothing is assumed of a deployment that is not the project's own: its secrets are its users' to
    set.
    """
    if not deployment.is_own:
        return ()
    policy, found = Policy.of(deployment), list[WebhookKey]()
    for vault in deployment.vaults:
        for secret in vault.secrets:
            scope = vault.secret_id(secret.name)
            setters = [each for each in deployment.users if _may(policy, each, _SET, scope)]
            signers = [each for each in deployment.apps if _reads(policy, each, scope)]
            if setters and signers:
                names = tuple(each.name for each in signers)
                addresses = tuple(_outside(deployment, signers))
                mark = _mark(vault, secret.name, found)
                found.append(WebhookKey(vault, secret.name, setters[0], names, addresses, mark))
    return tuple(found)


def _mark(vault: Vault, secret: str, before: list[WebhookKey]) -> str:
    mark = f"-{secret}" if before else ""
    is_taken = mark in {each.mark for each in before}
    return f"-{vault.name}{mark}" if is_taken else mark


def partners(state: State, key: WebhookKey) -> tuple[Partner, ...]:
    """Return the partners whose webhooks are signed with `key`.

    Raises ValueError for an address that is not https at 443.
    """
    return tuple(
        Partner(state, *each, key_file=f"partner{key.mark}.json") for each in key.addresses
    )


def _reads(policy: Policy, app: ContainerApp, scope: str) -> bool:
    return any(_may(policy, each, _GET, scope) for each in app.usable)


def _may(policy: Policy, principal: Principal, action: Action, scope: str) -> bool:
    """Tell whether it may, or might before it was recreated: its roles are still meant for it."""
    requirement = Requirement(scope, (action,))
    return any(isinstance(policy.decide(each, requirement), Allowed) for each in principal.every_id)


def _outside(deployment: Deployment, signers: list[ContainerApp]) -> Iterator[tuple[str, ...]]:
    hosts: dict[str, dict[str, None]] = {}
    for app in signers:
        for value in app.environment.values():
            host = _https(value).hostname
            if host and not _is_inside(deployment, host):
                hosts.setdefault(host, {})[value] = None
    return (tuple(addresses) for addresses in hosts.values())


def _https(value: str) -> SplitResult:
    """The parts of an https address; those of nothing for any other text."""
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    return parts if parts.scheme == "https" else urlsplit("")


def _is_inside(deployment: Deployment, host: str) -> bool:
    own = {each.ingress.host for each in deployment.apps if each.ingress}
    return host in own or f".{host}".endswith(_OF_AZURE)
