"""The questions about Key Vault: each probe returns the answer by its name."""

import uuid

from local.questions.asker import Asker
from local.questions.seen import expect_refused, seen

_DENIED, _NOT_FOUND = "Forbidden", "SecretNotFound"


def vault_missing(asker: Asker) -> str:
    """Whoever asks may get one secret at most. A role on the vault would list all of them, too."""
    expect_refused(lambda: next(iter(asker.vault.list_properties_of_secrets()), None))
    return seen(lambda: asker.vault.get_secret(f"no-{uuid.uuid4().hex}")).among(
        {_DENIED: "role", _NOT_FOUND: "existence"}
    )
