"""The probe of each question that is asked from outside, and what it takes to ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from local.questions import keyvault, servicebus, storage
from local.questions.asker import Asker


class By(StrEnum):
    """Whose rights a question takes."""

    DEVELOPER = "developer"
    STRANGER = "stranger"  # signed in to the tenant, without a right on data


class Plane(StrEnum):
    """The data plane whose refusal a question is about, by its provider."""

    BLOB = "Microsoft.Storage"
    VAULT = "Microsoft.KeyVault"
    BUS = "Microsoft.ServiceBus"


@dataclass(frozen=True)
class Probe:
    """How to ask one question.

    `refuses` is the plane that has to refuse something to whoever asks: a right beside the policy
    would make the answer mean something else. Most probes look for that themselves; of one that
    cannot, only the answer `sure` shows that there was a refusal. `leaves` is how many blobs stay
    behind, which nobody may delete. Where it `sends` messages, nobody else may receive them.
    """

    ask: Callable[[Asker], str]
    by: frozenset[By] = frozenset({By.DEVELOPER})
    refuses: Plane | None = None
    sure: str = ""
    leaves: int = 0
    sends: bool = False


_ANYBODY = frozenset(By)

PROBES: Mapping[str, Probe] = {
    "blob-add": Probe(storage.blob_add, refuses=Plane.BLOB, leaves=1),
    "blob-overwrite": Probe(storage.blob_overwrite, refuses=Plane.BLOB, leaves=1),
    "blob-missing": Probe(storage.blob_missing, _ANYBODY, Plane.BLOB, leaves=1),
    "blob-tags-condition": Probe(storage.blob_tags_condition, refuses=Plane.BLOB, leaves=1),
    "blob-token-detail": Probe(storage.blob_token_detail, _ANYBODY),
    "blob-acl": Probe(storage.blob_acl, _ANYBODY),
    "vault-missing": Probe(keyvault.vault_missing, _ANYBODY, Plane.VAULT),
    "vault-versions": Probe(keyvault.vault_versions),
    "bus-put-token-unknown": Probe(servicebus.bus_put_token_unknown, _ANYBODY),
    "bus-missing": Probe(servicebus.bus_missing, _ANYBODY, Plane.BUS, sure="role"),
    "bus-default-rule": Probe(servicebus.bus_default_rule, sends=True),
    "bus-message-id": Probe(servicebus.bus_message_id, sends=True),
}
