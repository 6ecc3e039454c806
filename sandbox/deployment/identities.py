"""The principals of a snapshot, and the name of each."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.deployment.apps import APPS, attached, lifecycles
from sandbox.deployment.principals import Ids
from sandbox.deployment.resources import Lifecycle, Principal, PrincipalKind
from sandbox.deployment.runtime import has_system_identity
from sandbox.deployment.snapshot import ASSIGNMENT, IDENTITY, Snapshot, leaf, properties_of

_USER_OUTPUT = "_PRINCIPAL_ID"
# learn.microsoft.com/azure/cloud-adoption-framework, its abbreviations: `id` is an identity.
_OF_AZURE = re.compile(r"^id-(.+)-[^-]+$")


def principals(snapshot: Snapshot, ids: Mapping[str, Ids]) -> tuple[Principal, ...]:
    """Return every principal that can be given a role, each under a name of its own."""
    identities = tuple(_identities(snapshot, ids))
    known = {one for each in identities for one in (each.name, each.principal_id)}
    return tuple(_unique((*identities, *_users(snapshot, known))))


def _identities(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    names = _names(snapshot)
    for identity in snapshot.of_type(IDENTITY):
        if made := ids.get(identity["id"].lower()):
            kind = PrincipalKind.USER_ASSIGNED
            yield _principal(names[identity["id"].lower()], kind, identity["id"], made)
    for resource in filter(has_system_identity, snapshot.resources):
        if made := ids.get(resource["id"].lower()):
            kind = PrincipalKind.SYSTEM_ASSIGNED
            yield _principal(leaf(resource), kind, resource["id"], made)


def _names(snapshot: Snapshot) -> dict[str, str]:
    """Return the name of each user-assigned identity, by its lower-case id.

    The only identity of an app, attached to no other, has the app's name. Others lose prefix and
    suffix: id-platform-sandbox is called platform. An identity keeps its whole name if it has
    another form, or if the short name is taken.
    """
    of_app = dict(_own_identities(snapshot))
    others = {
        each["id"].lower(): str(each["name"])
        for each in snapshot.of_type(IDENTITY)
        if each["id"].lower() not in of_app
    }
    short = {key: _OF_AZURE.sub(r"\1", name) for key, name in others.items()}
    called = Counter([*short.values(), *(str(each["name"]) for each in snapshot.of_type(*APPS))])
    return of_app | {key: name if called[name] == 1 else others[key] for key, name in short.items()}


def _own_identities(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Return the identities that one app's code alone uses, with the app's name."""
    used_by = defaultdict[str, list[str]](list)
    for app in snapshot.of_type(*APPS):
        for key in _usable(app):
            used_by[key].append(str(app["name"]))
    for app in filter(lambda each: not has_system_identity(each), snapshot.of_type(*APPS)):
        own = [key for key in _usable(app) if used_by[key] == [app["name"]]]
        if len(own) == 1:
            yield own[0], str(app["name"])


def _usable(app: Mapping[str, Any]) -> list[str]:
    found = lifecycles(app)
    return [each for each in attached(app) if found.get(each) is not Lifecycle.NONE]


def _principal(name: str, kind: PrincipalKind, resource_id: str, made: Ids) -> Principal:
    return Principal(
        name, kind, made.principal_id, made.client_id, resource_id, former_ids=made.former
    )


def _users(snapshot: Snapshot, identities: Collection[str]) -> Iterator[Principal]:
    """Yield the users: those that outputs name, then those that only a role assignment names.

    An output may also name one of the `identities`, by its name or its principal id.
    """
    named = set(identities)
    for output, value in snapshot.outputs.items():
        name = output.removesuffix(_USER_OUTPUT).lower()
        is_user = output.endswith(_USER_OUTPUT) and isinstance(value, str) and value
        if is_user and not {name, value} & set(identities):
            named.add(value)
            yield Principal(name, PrincipalKind.USER, principal_id=value, client_id="")
    for value in dict.fromkeys(_assigned_users(snapshot)):
        if value not in named:
            yield Principal("user", PrincipalKind.USER, principal_id=value, client_id="")


def _assigned_users(snapshot: Snapshot) -> Iterator[str]:
    for each in snapshot.of_type(ASSIGNMENT):
        properties = properties_of(each)
        value = properties.get("principalId")
        if str(properties.get("principalType", "")).lower() == "user" and isinstance(value, str):
            yield value


def _unique(found: Iterable[Principal]) -> Iterator[Principal]:
    """Number the principals that would share a name, such as a site and a job called alike."""
    seen = Counter[str]()
    for each in found:
        seen[each.name] += 1
        number = seen[each.name]
        yield each if number == 1 else replace(each, name=f"{each.name}-{number}")
