"""The actions and resources that a user's short name means."""

from collections.abc import Iterable, Sequence

from sandbox.deployment.short_names import short_action, short_scope


class AmbiguousError(ValueError):
    """A short name that matches none, or more than one."""


def resolve(kind: str, wanted: str, known: Iterable[str]) -> str:
    """Return the one of `known` that `wanted` equals or ends. Raises AmbiguousError."""
    choices = sorted(set(known))
    ending = f"/{wanted.strip('/').lower()}"
    # The audit shortens messages/send/action to messages/send.
    endings = (ending, f"{ending}/action")
    found = [each for each in choices if f"/{each.lower()}".endswith(endings)]
    exact = [each for each in choices if each.strip("/").lower() == wanted.strip("/").lower()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise AmbiguousError(f"no {kind} ends in {wanted!r}; choose from {_listed(choices)}")
    longer = ", ".join(dict.fromkeys(_longer(wanted, each) for each in found))
    raise AmbiguousError(f"{wanted!r} is ambiguous: {longer}; give a longer {kind}")


def for_services(services: Sequence[str]) -> str:
    """Return the end of a sentence that names the services; empty for none."""
    return f", for {' and '.join(services)}" if services else ""


def _longer(wanted: str, name: str) -> str:
    """Return the short name of `name`, with the word before it if it is `wanted` itself."""
    short = _short(name)
    is_longer = short.lower() != wanted.strip("/").lower()
    return short if is_longer else "/".join(name.split("/")[-2:])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(map(_short, names)))


def _short(name: str) -> str:
    return short_action(short_scope(name))
