"""register.py STEP, where STEP is one of

application   creates or updates the registration, and prints its application id
holders       assigns the app role to the holders in catalog.json, and removes it from all others
remove        deletes the registration

Run `application` before the deployment, which takes the id; run `holders` after it, and before the
gateway's real image runs: an earlier token has no role and is cached for up to a day.

If CATALOG_AUDIENCE names an application and Graph refuses the caller, such as a pipeline, both
steps continue with a warning: the owner of that application maintains it.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence

from infra.entra.graph import Graph, Refused, Stop
from infra.entra.registration import ROLE_HOLDERS, Registration

STEPS = ("application", "holders", "remove")
OFF = "CATALOG_AUDIENCE=none (azd env set CATALOG_AUDIENCE none)"

_DENIED = "Authorization_RequestDenied"
_WARNINGS = {
    "application": "application {id} is used unchecked.",
    "holders": (
        "the app role of application {id} was not assigned. Unless the gateway already has it, the "
        "catalog refuses the gateway. The application's owner assigns it with "
        "infra/entra/register.py holders, ideally before the gateway's image runs: a token "
        "without the role is cached for up to a day."
    ),
}


def main(arguments: Sequence[str], env: Mapping[str, str], graph: Graph) -> int:
    """Run one step; standard output has only the application id."""
    if len(arguments) != 1 or arguments[0] not in STEPS:
        return _fail(f"name a step: {', '.join(STEPS)}.")
    try:
        _take(arguments[0], env, graph)
    except Refused as refused:
        if refused.code == _DENIED and arguments[0] in _WARNINGS and (given := _given(env)):
            return _go_on(arguments[0], given)
        return _fail(_in_a_sentence(refused))
    except Stop as stop:
        return _fail(str(stop))
    return 0


def _take(step: str, env: Mapping[str, str], graph: Graph) -> None:
    off = env.get("CATALOG_AUDIENCE") == "none"
    if off:
        _say("CATALOG_AUDIENCE is none: only the internal ingress protects the catalog.")
    else:
        registration = Registration(graph, env.get("AZURE_ENV_NAME", ""), _say)
        if step == "remove":
            registration.remove()
            return
        app_id = registration.apply()
        if step == "holders":
            registration.grant({who: env.get(name, "") for who, name in ROLE_HOLDERS.items()})
    if step == "application":
        print("none" if off else app_id)


def _given(env: Mapping[str, str]) -> str:
    """Return the application id in CATALOG_AUDIENCE; empty if there is none, or only zeros."""
    given = env.get("CATALOG_AUDIENCE", "").strip()
    is_id = re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", given)
    return given if is_id and given.strip("0-") else ""


def _go_on(step: str, given: str) -> int:
    _say(f"Microsoft Graph refuses you, so {_WARNINGS[step].format(id=given)}")
    if step == "application":
        print(given)
    return 0


def _in_a_sentence(refused: Refused) -> str:
    if refused.code == _DENIED:
        return (
            "You may not register applications or grant their roles in this tenant: request the "
            f"Entra role Cloud Application Administrator, or turn this off with {OFF}."
        )
    return f"Microsoft Graph refused: {refused}"


def _say(sentence: str) -> None:
    print(f"entra: {sentence}", file=sys.stderr)


def _fail(sentence: str) -> int:
    _say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, Graph()))
