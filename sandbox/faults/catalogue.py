"""The faults that can be put upon the sandbox: for each the plane, the effect, and its source."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.entra.issuer import BACKDATED
from sandbox.faults.effects import (
    Answer,
    Busy,
    Closed,
    Cut,
    Detach,
    Effect,
    Gone,
    Lag,
    Late,
    Reset,
    Skew,
)
from sandbox.keyvault.errors import throttled, unavailable
from sandbox.refusal import Refusal
from sandbox.storage.errors import refusal as storage_error

_OURS = "the duration is ours"
_HOUR = 3600.0


class FaultError(ValueError):
    """A fault that cannot be put into force; the message is one sentence."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault. `plane` is the service in the audit, `does` is its effect on a client.

    `source` is where that was seen. `for_one` faults can be limited to one caller, `lasting` ones
    have a duration. An incident has only those that are `felt` by services that already run.
    """

    name: str
    plane: str
    does: str
    source: str
    effect: Effect
    for_one: bool = True
    lasting: bool = True
    felt: bool = True


FAULTS = (
    Fault(
        "identity-slow",
        "identity",
        "a token comes 5 seconds late",
        _OURS,
        Late(5.0),
        felt=False,
    ),
    Fault(
        "identity-429",
        "identity",
        "429 in place of a token",
        "Azure/azure-sdk-for-python#17787; the text of a virtual machine, azure-sdk-for-net#39574",
        Answer(Refusal(429, "", "Temporarily throttled, too many requests")),
        felt=False,
    ),
    Fault(
        "identity-500",
        "identity",
        "500 in place of a token",
        "Azure/bicep-ptn-aiml-landing-zone#40",
        # The misspelling is Azure's.
        Answer(Refusal(500, "", "An unexpected error occured while fetching the AAD Token.")),
        felt=False,
    ),
    Fault(
        "identity-refused",
        "identity",
        "connection refused at the identity endpoint",
        "microsoft/azure-container-apps#568, #864",
        Closed(),
        for_one=False,
        felt=False,
    ),
    Fault(
        "tokens-past",
        "identity",
        "new tokens are dated 25 hours back, so they have expired",
        _OURS,
        Skew(-25 * _HOUR),
        felt=False,
    ),
    Fault(
        "tokens-future",
        "identity",
        "new tokens are dated ahead, so they are not valid for 10 seconds",
        _OURS,
        Skew(BACKDATED + 10.0),
        felt=False,
    ),
    Fault(
        "vault-429",
        "vault",
        "429 Throttled, Retry-After: 2",
        "Azure/azure-sdk-for-java#14879, vcsjones/AzureSignTool#219",
        Answer(throttled()),
        felt=False,
    ),
    Fault(
        "vault-503",
        "vault",
        "503 ServiceUnavailable",
        "Azure/azure-cli#25693, MSEndpointMgr/CloudLAPS#70",
        Answer(unavailable()),
        felt=False,
    ),
    Fault(
        "vault-lag",
        "vault",
        "a secret is deleted, or recovered, 4 seconds after the answer",
        "Azure/azure-sdk-assets (ce6da959, 2026-05), microsoft/AzureTRE#2824",
        Lag(4.0),
        for_one=False,
        felt=False,
    ),
    Fault(
        "storage-503",
        "blob",
        "503 ServerBusy",
        "tikv/tikv#11812, microsoft/vscode-azurestorage#502",
        Answer(storage_error("ServerBusy")),
    ),
    Fault(
        "storage-slow",
        "blob",
        "an answer comes 10 seconds late; a write is carried out before",
        _OURS,
        Late(10.0),
    ),
    Fault(
        "storage-reset",
        "blob",
        "the connection is reset in place of the answer; a write is carried out before",
        "RFC 9293, 3.10.7",
        Reset(),
    ),
    Fault(
        "bus-busy",
        "bus",
        "com.microsoft:server-busy for each new link and each message",
        "Azure/azure-sdk-for-python#19376",
        Busy(),
    ),
    Fault(
        "bus-detach",
        "bus",
        "each open link is detached: amqp:link:detach-forced",
        "Azure/azure-sdk-for-js#22963, azure-sdk-for-java#6280",
        Detach(),
        lasting=False,
    ),
    Fault(
        "bus-idle",
        "bus",
        "each open link is detached as after ten idle minutes",
        "Azure/azure-sdk-for-python#38627",
        Detach(idle=True),
        lasting=False,
    ),
    Fault(
        "bus-cut",
        "bus",
        "each open connection is cut",
        "RFC 9293, 3.10.7",
        Cut(),
        lasting=False,
    ),
    Fault(
        "bus-gone",
        "bus",
        "the namespace's name does not resolve; its connections are cut",
        "a proxy's 503: RFC 9110, 15.6.4",
        Gone(),
        for_one=False,
    ),
    Fault(
        "partner-401",
        "partner",
        "the partner answers 401",
        "RFC 9110, 15.5.2",
        Answer(Refusal(401, "", "")),
        for_one=False,
    ),
    Fault(
        "partner-410",
        "partner",
        "the partner answers 410",
        "RFC 9110, 15.5.11",
        Answer(Refusal(410, "", "")),
        for_one=False,
    ),
    Fault(
        "partner-429",
        "partner",
        "the partner answers 429, Retry-After: 2",
        "RFC 6585, 4",
        Answer(Refusal(429, "", "", headers={"Retry-After": "2"})),
        for_one=False,
    ),
    Fault(
        "partner-503",
        "partner",
        "the partner answers 503",
        "RFC 9110, 15.6.4",
        Answer(Refusal(503, "", "")),
        for_one=False,
    ),
    Fault(
        "partner-slow",
        "partner",
        "the partner takes a webhook, and answers 20 seconds late",
        _OURS,
        Late(20.0),
        for_one=False,
    ),
)


def fault(name: str) -> Fault:
    """Return the fault called `name`. Raises FaultError, with all known names."""
    for each in FAULTS:
        if each.name == name:
            return each
    raise FaultError(f"no fault is called {name!r}; choose from {_names(FAULTS)}")


def _names(faults: Iterable[Fault]) -> str:
    return ", ".join(each.name for each in faults)
