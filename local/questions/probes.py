"""The probe of each question that is asked from outside, and its requirements."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from local.questions import keyvault, servicebus, storage
from local.questions.asker import Asker


class By(StrEnum):
    """The rights with which a question is asked."""

    DEVELOPER = "developer"
    STRANGER = "stranger"  # signed in to the tenant, without a right on data


class Plane(StrEnum):
    """The data plane whose refusal a question is about, by its provider."""

    BLOB = "Microsoft.Storage"
    VAULT = "Microsoft.KeyVault"
    BUS = "Microsoft.ServiceBus"


@dataclass(frozen=True)
class Probe:
    """The probe of one question.

    `refuses` is the plane that must refuse the caller something: an additional right would change
    the meaning of the answer. Most probes check that themselves; for one that cannot, only the
    answer `sure` shows a refusal. `leaves` counts the blobs that stay behind, since no role may
    delete them. If it `sends` messages, there must be no other receiver.
    """

    ask: Callable[[Asker], str]
    by: frozenset[By] = frozenset({By.DEVELOPER})
    refuses: Plane | None = None
    sure: str = ""
    leaves: int = 0
    sends: bool = False


_ALL = frozenset(By)

PROBES: Mapping[str, Probe] = {
    "blob-add": Probe(storage.blob_add, refuses=Plane.BLOB, leaves=1),
    "blob-overwrite": Probe(storage.blob_overwrite, refuses=Plane.BLOB, leaves=1),
    "blob-missing": Probe(storage.blob_missing, _ALL, Plane.BLOB, leaves=1),
    "blob-tags-condition": Probe(storage.blob_tags_condition, refuses=Plane.BLOB, leaves=1),
    "blob-token-detail": Probe(storage.blob_token_detail, _ALL),
    "blob-acl": Probe(storage.blob_acl, _ALL),
    "vault-missing": Probe(keyvault.vault_missing, _ALL, Plane.VAULT),
    "vault-versions": Probe(keyvault.vault_versions),
    "bus-put-token-unknown": Probe(servicebus.bus_put_token_unknown, _ALL),
    "bus-missing": Probe(servicebus.bus_missing, _ALL, Plane.BUS, sure="role"),
    "bus-default-rule": Probe(servicebus.bus_default_rule, sends=True),
    "bus-message-id": Probe(servicebus.bus_message_id, sends=True),
}
