"""register.py STEP, where STEP is one of

application   makes the registration, or mends it, and prints its application id
holders       gives the app role to whom catalog.json names, and takes it from all others
remove        deletes the registration

`application` comes before the deployment, which is told the id; `holders` after it, and before the
gateway's real image runs: a token from before carries no role, and is cached for up to a day.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from infra.entra.graph import Graph, Refused, Stop
from infra.entra.registration import ROLE_HOLDERS, Registration

STEPS = ("application", "holders", "remove")
OFF = "CATALOG_AUDIENCE=none (azd env set CATALOG_AUDIENCE none)"


def main(arguments: Sequence[str], env: Mapping[str, str], graph: Graph) -> int:
    """Take one step; standard output has the application id alone."""
    if len(arguments) != 1 or arguments[0] not in STEPS:
        return _fail(f"say which step to take: {', '.join(STEPS)}.")
    try:
        _take(arguments[0], env, graph)
    except Refused as refused:
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


def _in_a_sentence(refused: Refused) -> str:
    if refused.code == "Authorization_RequestDenied":
        return (
            "You may not register applications or grant their roles in this tenant: ask for the "
            f"Entra role Cloud Application Administrator, or turn this off by {OFF}."
        )
    return f"Microsoft Graph refused: {refused}"


def _say(sentence: str) -> None:
    print(f"entra: {sentence}", file=sys.stderr)


def _fail(sentence: str) -> int:
    _say(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, Graph()))
