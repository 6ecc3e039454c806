"""One conversation with the bus for one row, and the facts of its answers."""

import re
from typing import Any

from proton import Message

from sandbox.entra import BUS, VAULT, Issuer
from tests.recorded.rows import Answer
from tests.sandbox.servicebus.harness import Credential, signing_key
from tests.sandbox.servicebus.raw import (
    ATTACH,
    DETACH,
    DISPOSITION,
    FLOW,
    TRANSFER,
    Heard,
    Raw,
    accepted,
    attach,
    flow,
    put_token,
    transfer,
)
from tests.sandbox.servicebus.world import PRINCIPALS, TENANT

_CODE = re.compile(r"(?P<code>[A-Z]\w+): ")


class Conversation:
    """Carries out the exchange of a row; `answer` then holds the facts."""

    def __init__(self, client: Raw) -> None:
        self._client = client
        self.answer = Answer(0, "", frozenset(), frozenset())

    def opened(self) -> None:
        container, _, largest, channels, idle, *_ = self._client.opened.fields
        named = re.fullmatch(rb"[0-9a-f]{32}_G\d+", container)
        self._traits(
            f"max-frame-size {largest}",
            f"channel-max {channels}",
            f"idle-time-out {idle}",
            "a container-id of 32 hexadecimal digits and _G" if named else f"{container!r}",
        )

    def began(self) -> None:
        _, first, window, _, handles, *_ = self._client.began.fields
        self._traits(
            f"next-outgoing-id {first}", f"incoming-window {window}", f"handle-max {handles}"
        )

    def sender_at_cbs(self) -> None:
        self._client.open_cbs()
        self._traits(f"max-message-size {self._client.hear(ATTACH).fields[10]}")

    def receiver_at_cbs(self) -> None:
        self._client.open_cbs()
        self._client.hear(ATTACH)
        self._traits(f"max-message-size {self._client.hear(ATTACH).fields[10]}")

    def flow_at_cbs(self) -> None:
        self._client.open_cbs()
        coming, window, going, outgoing, _, _, credit, *_ = self._client.hear(FLOW).fields
        self._traits(
            f"next-incoming-id {coming}",
            f"incoming-window {window}",
            f"next-outgoing-id {going}",
            f"outgoing-window {outgoing}",
            f"link-credit {credit}",
        )

    def put_token(self) -> None:
        self._put(_issued())

    def put_unknown_type(self) -> None:
        self._put(_issued(), kind="aad")

    def put_other_issuer(self) -> None:
        self._put(_issued(tenant="other"))

    def put_other_audience(self) -> None:
        self._put(_issued(audience=VAULT))

    def put_expired(self) -> None:
        self._put(_issued(lifetime=0))

    def put_signature(self) -> None:
        signature = "SharedAccessSignature sr=x&sig=y&se=1&skn=RootManageSharedAccessKey"
        self._put(signature, kind="servicebus.windows.net:sastoken")

    def put_unknown_entity(self) -> None:
        self._put(_issued(), path="nowhere")

    def disposition_of_request(self) -> None:
        self._client.open_cbs()
        self._client.say(transfer(0, 0, put_token(_issued()), settled=False))
        self._disposed(self._client.hear(DISPOSITION))

    def message(self) -> None:
        self._traits(*_of_transfer(self._received()))

    def disposition_of_message(self) -> None:
        delivery = self._received().fields[1]
        self._client.say(accepted(delivery, settled=False))
        self._disposed(self._client.hear(DISPOSITION))

    def detached(self) -> None:
        self._client.open_cbs()
        self._client.put_as("stranger")
        self._client.say(attach(2, "orders"))
        attached = self._client.hear(ATTACH)
        _, closed, error = self._client.hear(DETACH).fields
        self._traits(
            "closed" if closed else "open",
            "after an ATTACH without a target" if not attached.fields[6] else "after an ATTACH",
            code=error[0].decode(),
        )

    def _received(self) -> Heard:
        """The transfer of a message, peek-locked."""
        self._client.open_cbs()
        self._client.put_as("owner")
        self._client.say(attach(2, "orders"), transfer(2, 1, Message("x")))
        self._client.say(attach(3, "orders", sends=False), flow(3, 1, received=1))
        return self._client.hear(TRANSFER)

    def _put(self, token: str, path: str = "orders", kind: str = "jwt") -> None:
        self._client.open_cbs()
        reply = self._client.put(token, path, kind)
        properties = reply.message.application_properties
        described = _CODE.match(properties[b"status-description"].decode())
        self._traits(
            *_of_transfer(reply),
            status=properties[b"status-code"],
            code=described["code"] if described else "",
        )

    def _disposed(self, disposition: Heard) -> None:
        role, _, _, settled, state, *_ = disposition.fields
        self._traits(
            "role receiver" if role else "role sender",
            "settled" if settled else "unsettled",
            "accepted" if _is_accepted(state) else f"{state!r}",
        )

    def _traits(self, *traits: str, status: int = 0, code: str = "") -> None:
        self.answer = Answer(status, code, frozenset(), frozenset(), frozenset(traits))


def _of_transfer(heard: Heard) -> list[str]:
    _, _, tag, message_format, settled, _, _, _, _, _, batchable, _ = heard.fields
    return [
        "settled" if settled else "unsettled",
        f"a tag of {len(tag)} bytes",
        f"message-format {message_format}",
        "batchable" if batchable else "not batchable",
    ]


def _is_accepted(state: Any) -> bool:
    """Return whether a delivery state is `accepted`, as the SDK's decoder shows it."""
    return bool(state) and "accepted" in state


def _issued(tenant: str = TENANT, audience: str = BUS, lifetime: int = 3600) -> str:
    """A token of the namespace's owner."""
    issuer = Issuer(signing_key(), tenant)
    return Credential(PRINCIPALS["owner"], lifetime, audience, issuer).get_token().token
