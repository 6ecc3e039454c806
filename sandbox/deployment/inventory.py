"""The resources of a deployment by type and name, with those settings that the sandbox follows."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from sandbox.deployment.registration import Registration
from sandbox.deployment.resources import ContainerApp, Deployment, Principal
from sandbox.deployment.roles import RoleDefinition
from sandbox.deployment.service_bus import CorrelationFilter, EntitySettings, Namespace, Rule

Settings = Mapping[str, str]


class Key(NamedTuple):
    """A resource by its type, in plain words, and its name."""

    type: str
    name: str


def inventory(deployment: Deployment) -> dict[Key, Settings]:
    """Return each resource with its settings, by names in plain words."""
    return {Key(kind, name): settings for kind, name, settings in _resources(deployment)}


_Found = Iterator[tuple[str, str, Settings]]


def _resources(deployment: Deployment) -> _Found:
    for account in deployment.accounts:
        yield "storage account", account.name, {"shared key access": _switch(account.shared_key)}
        yield from (("container", f"{account.name}/{each}", {}) for each in account.containers)
    for vault in deployment.vaults:
        settings = {
            "retention of deleted secrets": _in_words(vault.retention),
            "purge protection": _switch(vault.purge_protection),
        }
        yield "vault", vault.name, settings
        yield from (("secret", f"{vault.name}/{each.name}", {}) for each in vault.secrets)
    for namespace in deployment.namespaces:
        yield from _entities(namespace)
    for component in deployment.components:
        yield "component", component.name, {"location": component.location}
    yield from (_principal(each) for each in deployment.principals)
    yield from (("app", each.name, _app(each)) for each in deployment.apps)
    yield from (("custom role", each.name, _role(each)) for each in deployment.custom_roles)
    if deployment.registration:
        yield "registration", deployment.registration.app_id, _registration(deployment.registration)


def _entities(namespace: Namespace) -> _Found:
    yield "namespace", namespace.name, {}
    for queue in namespace.queues:
        yield "queue", f"{namespace.name}/{queue.name}", _entity(queue.settings)
    for topic in namespace.topics:
        yield "topic", f"{namespace.name}/{topic.name}", _entity(topic.settings)
        for each in topic.subscriptions:
            rules = {f"rule {rule.name}": _rule(rule) for rule in each.rules}
            name = f"{namespace.name}/{topic.name}/{each.name}"
            yield "subscription", name, {**_entity(each.settings), **rules}


def _entity(settings: EntitySettings) -> Settings:
    return {
        "lock duration": _in_words(settings.lock_duration),
        "max delivery count": str(settings.max_delivery_count),
        "time to live": _in_words(settings.time_to_live),
        "duplicate detection": _in_words(settings.duplicate_window),
        "status": str(settings.status),
        "largest message": _in_kib(settings.max_message_size),
        "sessions": _switch(settings.requires_session),
        "dead-lettering of expired messages": _switch(settings.dead_letter_on_expiration),
        "dead-lettering on filter errors": _switch(settings.dead_letter_on_filter_error),
        "forwarding": ", ".join(settings.forwarding) or "none",
    }


def _rule(rule: Rule) -> str:
    condition = rule.sql if rule.sql is not None else _conditions(rule.correlation)
    return f"{condition}, action {rule.action}" if rule.action else condition


def _conditions(wanted: CorrelationFilter | None) -> str:
    if wanted is None:
        return "no filter"
    standard = {name: value for name, value in vars(wanted).items() if isinstance(value, str)}
    return " and ".join(
        f"{name}={value}" for name, value in (standard | dict(wanted.properties)).items()
    )


def _principal(principal: Principal) -> tuple[str, str, Settings]:
    if not principal.resource_id:
        return "user", principal.name, {"principal id": principal.principal_id}
    ids = {"principal id": principal.principal_id, "client id": principal.client_id}
    return "identity", principal.name, ids


def _app(app: ContainerApp) -> Settings:
    variables = {f"variable {name}": value for name, value in app.environment.items()}
    attached = {f"identity {each.identity.name}": each.lifecycle.value for each in app.attachments}
    ingress = app.ingress
    way_in = (
        {}
        if ingress is None
        else {
            "host": ingress.host,
            "ingress": "external" if ingress.external else "internal",
            "admitted addresses": ", ".join(ingress.allowed) or "any",
        }
    )
    return {**attached, **way_in, **variables}


def _role(role: RoleDefinition) -> Settings:
    lists = ("actions", "not_actions", "data_actions", "not_data_actions")
    return {
        name.replace("_", " "): ", ".join(sorted(getattr(role, name))) or "none" for name in lists
    }


def _registration(found: Registration) -> Settings:
    holders = {f"holder {one}": ", ".join(roles) for one, roles in sorted(found.roles.items())}
    return {
        "names": ", ".join(found.uris),
        "scope": found.scope,
        "clients": ", ".join(found.clients),
        **holders,
    }


def _in_kib(size: int | None) -> str:
    return "by the tier" if size is None else f"{size // 1024} KiB"


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _in_words(duration: timedelta | None) -> str:
    """Return a duration in its largest unit that has no fraction."""
    if duration is None:
        return "none"
    seconds = duration.total_seconds()
    for name, unit in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"
