"""Webhooks to a partner outside of Azure, which verifies their signature (standardwebhooks.com).

A repeated event has the same id, so that the partner can drop duplicates.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook

LONGEST_RETRY_AFTER = 3600.0  # seconds


def sign(key: str, event_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that sign a webhook; raises ValueError for a malformed key."""
    signature = Webhook(key).sign(event_id, now, body.decode())
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that Retry-After asks for, within reason; 0 without one (RFC 9110)."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if value.isdigit() else _seconds_until(value)
    except ValueError:
        return 0
    return min(max(seconds, 0), LONGEST_RETRY_AFTER)


def _seconds_until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
