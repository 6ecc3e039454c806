"""What only you can know: asked for before anything is made, in one sentence each."""

import os
from collections.abc import Mapping

from infra.azd.programs import Stop

QUESTIONS = {
    "GATEWAY_ADDRESSES": (
        "who may upload? Address ranges with commas, or the word any: "
        "azd env set GATEWAY_ADDRESSES 203.0.113.7/32"
    ),
    "PARTNER_WEBHOOK_URL": (
        "where is the partner told? An https address: "
        "azd env set PARTNER_WEBHOOK_URL https://partner.example.com/webhooks"
    ),
}


def check_answers(env: Mapping[str, str] = os.environ) -> None:
    """Raise Stop, with every question that is open."""
    unanswered = [name for name in QUESTIONS if not env.get(name, "").strip()]
    if unanswered:
        lines = "".join(f"\n  {name}: {QUESTIONS[name]}" for name in unanswered)
        raise Stop(f"Before the first deployment:{lines}")
