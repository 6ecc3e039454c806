"""The questions about Key Vault: each probe returns the answer by its name."""

import uuid

from local.questions.asker import Asker
from local.questions.responses import NothingCameError, expect_refused, response_to

# By chance, so many random ids stand in their order less than once in a hundred times.
_ENOUGH = 5
_DENIED, _NOT_FOUND = "Forbidden", "SecretNotFound"


def vault_missing(asker: Asker) -> str:
    """Whoever asks may get one secret at most. A role on the vault would list all of them, too."""
    expect_refused(lambda: next(iter(asker.vault.list_properties_of_secrets()), None))
    return response_to(lambda: asker.vault.get_secret(f"no-{uuid.uuid4().hex}")).among(
        {_DENIED: "role", _NOT_FOUND: "existence"}
    )


def vault_versions(asker: Asker) -> str:
    """Raises NothingCameError where the secret was set too seldom to show an order."""
    found = list(asker.vault.list_properties_of_secret_versions(asker.entities.secret))
    if len(found) < _ENOUGH:
        raise NothingCameError(f"{len(found)} versions show no order")
    ids = [str(each.version) for each in found]
    if ids == sorted(ids):
        return "id"
    dates = [each.created_on.timestamp() for each in found if each.created_on]
    return "creation" if dates == sorted(dates) else "neither"
