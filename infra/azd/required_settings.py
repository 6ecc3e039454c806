"""Settings that only the user can know, checked before a deployment."""

import os
from collections.abc import Mapping

from infra.azd.tools import Stop

QUESTIONS = {
    "GATEWAY_ADDRESSES": (
        "who may upload? Address ranges separated by commas, or any: "
        "azd env set GATEWAY_ADDRESSES 203.0.113.7/32"
    ),
    "PARTNER_WEBHOOK_URL": (
        "what is the partner's webhook? An https URL: "
        "azd env set PARTNER_WEBHOOK_URL https://partner.example.com/webhooks"
    ),
}


def check_required_settings(env: Mapping[str, str] = os.environ) -> None:
    """Raise Stop, which lists every missing setting."""
    unanswered = [name for name in QUESTIONS if not env.get(name, "").strip()]
    if unanswered:
        lines = "".join(f"\n  {name}: {QUESTIONS[name]}" for name in unanswered)
        raise Stop(f"Set these before the first deployment:{lines}")
