"""Texts that are safe to publish: each function reduces Azure's text to known words.

Names, ids, addresses and secrets are not known words, so they cannot enter a report. mypy enforces
that every text of the model comes from here.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import NewType

from local.report.vocabulary import CODES, KINDS, REASONS, STATES, VOCABULARY
from local.roles import called
from sandbox.deployment import as_compiled
from sandbox.deployment.snapshot import Snapshot
from sandbox.rbac import built_in_roles

SafeText = NewType("SafeText", str)

LEFT_OUT = "…"
ANOTHER_CODE = SafeText("a code that is not listed")
ANOTHER = SafeText("another")
NOTHING = SafeText("")

_LONGEST = 80  # words of a message
_VERBS = ("read", "write", "delete", "action")
_AROUND = "'\"(),.;:!?"  # and so nothing that Markdown or HTML would read
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
_SMALL = re.compile(r"[0-9]{1,3}(/[0-9]{1,3})?")  # 401, or 0/1 replicas


def code(text: object) -> SafeText:
    """Return an error code of Azure, if it is documented."""
    return _among(text, CODES, ANOTHER_CODE)


def state(text: object) -> SafeText:
    """Return the state of a deployment, a revision or a replica; empty without one."""
    return _among(text, STATES, ANOTHER) if text else NOTHING


def reason(text: object) -> SafeText:
    """Return the reason of an event of Container Apps or of KEDA."""
    return _among(text, REASONS, ANOTHER)


def kind(text: object) -> SafeText:
    """Return a resource type, if the template contains it or depends on it."""
    return _among(text, kinds(), SafeText("another resource type"))


def name(text: object) -> SafeText:
    """Return a name that the template uses in every environment; empty for any other."""
    return _among(text, names(), NOTHING)


def version(text: object) -> SafeText:
    """Return a version of three numbers."""
    return SafeText(str(text)) if _VERSION.fullmatch(str(text)) else SafeText("not known")


def message(text: object) -> SafeText:
    """Return a text of Azure's with everything but known words and small numbers left out."""
    kept: list[str] = []
    for each in str(text).split()[:_LONGEST]:
        word = each if _is_known(each.strip(_AROUND)) else LEFT_OUT
        if word != LEFT_OUT or kept[-1:] != [LEFT_OUT]:
            kept.append(word)
    return SafeText(" ".join(kept))


@cache
def names() -> frozenset[str]:
    """Return the template's names of apps, entities, rules and roles."""
    found = as_compiled()
    topics = found.bus.topics
    subscriptions = [each for topic in topics for each in topic.subscriptions]
    return frozenset(
        {
            *(each.name for each in found.apps),
            *found.storage.containers,
            *(each.name for each in found.vault.secrets),
            *(each.name for each in found.bus.queues),
            *(each.name for each in topics),
            *(each.name for each in subscriptions),
            *(rule.name for each in subscriptions for rule in each.rules),
            *(called(each) for each in (*built_in_roles(), *found.custom_roles)),
            "$Default",
        }
    )


@cache
def kinds() -> frozenset[str]:
    """Return the resource types of the template, and others that a deployment touches."""
    return KINDS | {str(each["type"]) for each in Snapshot.read().resources}


def _is_known(word: str) -> bool:
    if word.lower() in VOCABULARY or word in CODES or word in names() or _SMALL.fullmatch(word):
        return True
    resource_type, _, verb = word.rpartition("/")
    return word in kinds() or (resource_type in kinds() and verb in _VERBS)


def _among(text: object, known: Iterable[str], otherwise: SafeText) -> SafeText:
    """Return the known spelling of a word: Azure's casing varies."""
    wanted = str(text).lower()
    return next((SafeText(each) for each in known if each.lower() == wanted), otherwise)
