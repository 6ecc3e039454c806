"""The hostile tokens for any test: each by its name, made for one identity of a deployment.

tokens = hostile_tokens(load(state), SigningKey.kept_in(state), "gateway", audience, "catalog")

"""

from collections.abc import Mapping

from sandbox.deployment import Deployment
from sandbox.entra import SigningKey
from sandbox.testing.token_factory import TokenFactory
from tests.attacks.tokens import CASES

# A bus takes a token with 202.
_TAKEN = frozenset({200, 202})


def hostile_tokens(
    deployment: Deployment, key: SigningKey, identity: str, audience: str, plane: str
) -> Mapping[str, str]:
    """Return every token that `plane` must refuse `identity`, by its name.

    `plane` is blob, vault, bus or telemetry, or the catalog for an API of one's own. `key` is the
    sandbox's: some tokens are signed with it, and wrong in another way. Raises KeyError.
    """
    factory = TokenFactory.of(deployment, key, identity, audience)
    if plane not in CASES[0].answers:
        raise KeyError(f"no plane is called {plane!r}; choose from {', '.join(CASES[0].answers)}")
    refused = (each for each in CASES if each.answers[plane].status not in _TAKEN)
    return {each.name: each.make(factory) for each in refused}
