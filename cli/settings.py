"""`keyless set`: settings of a running sandbox, changed while it runs."""

from typing import Annotated

import typer

from cli.control import ask
from cli.options import (
    EndpointCacheOption,
    PropagationOption,
    StateOption,
    TokenLifetimeOption,
    open_state,
    settings_given,
    warn_of_settings,
)
from cli.terminal import out, print_json


def set_(
    *,
    state: StateOption = None,
    token_lifetime: TokenLifetimeOption = None,
    endpoint_cache: EndpointCacheOption = None,
    propagation: PropagationOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Change settings of the running sandbox, or show those in force.

    They end with the sandbox: the next one has the usual ones, or those that its up names.
    --token-lifetime default gives tokens their usual life again. A program keeps the tokens that
    it has; a change of the lifetime empties the endpoint's cache.
    """
    given = settings_given(
        token_lifetime=token_lifetime, endpoint_cache=endpoint_cache, propagation=propagation
    )
    found = ask(open_state(state), "set", given)
    if json_:
        print_json(found)
        return
    for name, value in found["settings"].items():
        out.print(f"{name:<16}{value}")
    warn_of_settings(found["warnings"])
