"""Presents a token to each plane, by the least privileged request that needs a role."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from proton.utils import LinkDetached

from sandbox.entra import BLOB, BUS, MONITOR, VAULT
from tests.attacks.answers import Answer
from tests.attacks.clients import BusPeer, Reply, ask
from tests.attacks.stack import Stack
from tests.sandbox.servicebus.peer import refusal

# The identity whose request needs a role on each plane, and the plane's audience.
WHO = {
    "blob": ("gateway", BLOB),
    "vault": ("notifier", VAULT),
    "bus": ("thumbnailer", BUS),
    "telemetry": ("catalog", MONITOR),
}
SECRET = "/secrets/webhook-signing-key?api-version=7.6"
QUEUE = "photo-uploads"


@dataclass(frozen=True)
class Heard:
    """A plane's answer to a token, and whether the token opened anything."""

    answer: Answer
    opened: bool
    words: str


def show_to_blob(stack: Stack, *tokens: str) -> Heard:
    reply = ask(stack, stack.deployment.storage.host, "GET", "/thumbnails/probe", *tokens)
    detail = ""
    if reply.status == 401:
        found = ElementTree.fromstring(reply.body).find("AuthenticationErrorDetail")  # noqa: S314
        detail = (found.text or "") if found is not None else ""
    tenant = stack.deployment.tenant_id
    challenge = (
        f"Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize "
        "resource_id=https://storage.azure.com"
    )
    code = reply.headers.get("x-ms-error-code", "")
    return heard(reply, code, detail, challenge)


def show_to_vault(stack: Stack, *tokens: str) -> Heard:
    reply = ask(stack, stack.deployment.vault.host, "GET", SECRET, *tokens)
    error = json.loads(reply.body)["error"] if reply.status == 401 else {}
    login = f"https://login.microsoftonline.com/{stack.deployment.tenant_id}"
    challenge = f'Bearer authorization="{login}", resource="https://vault.azure.net"'
    return heard(reply, error.get("code", ""), error.get("message", ""), challenge)


def heard(reply: Reply, code: str, text: str, challenge: str) -> Heard:
    given = reply.headers.get("WWW-Authenticate")
    assert given in {None, challenge}
    answer = Answer(reply.status, code, text, challenge=given is not None)
    return Heard(answer, reply.status == 200, reply.text)


def show_to_bus(stack: Stack, token: str) -> Heard:
    with BusPeer(stack) as peer:
        try:
            reply = peer.put(token, QUEUE)
        except LinkDetached as error:
            return Heard(Answer(0, *refusal(error)), False, refusal(error)[1])
        answer = Answer(reply.code, "", reply.description)
        try:
            peer.receiver(QUEUE)
        except LinkDetached as error:
            condition, words = refusal(error)
            return Heard(answer, condition != "amqp:unauthorized-access", words)
        return Heard(answer, True, "")


def show_to_telemetry(stack: Stack, *tokens: str) -> Heard:
    component = stack.deployment.insights
    data = {"baseType": "EventData", "baseData": {"name": "shown"}}
    envelope = {"iKey": component.instrumentation_key, "time": "2026-11-24T08:00:00Z", "data": data}
    body = json.dumps([envelope]).encode()
    reply = ask(stack, component.host, "POST", "/v2.1/track", *tokens, body=body)
    return heard(reply, "", reply.reason if reply.status == 401 else "", "")


SHOW: dict[str, Callable[..., Heard]] = {
    "blob": show_to_blob,
    "vault": show_to_vault,
    "bus": show_to_bus,
    "telemetry": show_to_telemetry,
}
