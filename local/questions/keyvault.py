"""The questions about Key Vault: each probe returns the answer by its name."""

import uuid

from local.questions.asker import Asker
from local.questions.responses import NothingCameError, expect_refused, response_to

# So many random ids are in order by chance less than once in a hundred times.
_ENOUGH = 5
_DENIED, _NOT_FOUND = "Forbidden", "SecretNotFound"


def vault_missing(asker: Asker) -> str:
    """Ask for a missing secret. A role on the whole vault would mislead, so listing must fail."""
    expect_refused(lambda: next(iter(asker.vault.list_properties_of_secrets()), None))
    return response_to(lambda: asker.vault.get_secret(f"no-{uuid.uuid4().hex}")).among(
        {_DENIED: "role", _NOT_FOUND: "existence"}
    )


def vault_versions(asker: Asker) -> str:
    """Ask for the order of versions. Raises NothingCameError if there are too few to show one."""
    found = list(asker.vault.list_properties_of_secret_versions(asker.entities.secret))
    if len(found) < _ENOUGH:
        raise NothingCameError(f"{len(found)} versions show no order")
    ids = [str(each.version) for each in found]
    if ids == sorted(ids):
        return "id"
    dates = [each.created_on.timestamp() for each in found if each.created_on]
    return "creation" if dates == sorted(dates) else "neither"
