"""Webhooks: the library verifies the signature, and Retry-After is read within reason."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.common.webhooks import retry_after, sign

KEY, OTHER = (f"whsec_{b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
BODY = b'{"state":"processed"}'


def test_a_signature_is_verified_by_the_library() -> None:
    headers = sign(KEY, "event-1", BODY, datetime.now(UTC))
    assert Webhook(KEY).verify(BODY, headers) == {"state": "processed"}
    assert headers["webhook-id"] == "event-1"


@pytest.mark.parametrize(
    ("key", "body", "age"), [(OTHER, BODY, 0), (KEY, BODY + b" ", 0), (KEY, BODY, 3600)]
)
def test_another_key_body_or_time_is_refused(key: str, body: bytes, age: int) -> None:
    headers = sign(KEY, "event-1", BODY, datetime.now(UTC) - timedelta(seconds=age))
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, headers)


def test_what_is_no_key_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="base64"):
        sign("wrong", "event-1", BODY, datetime.now(UTC))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", 0), ("17", 17), ("99999", 3600), ("-5", 0), ("soon", 0), ("1.5", 0), ("²", 0)],
)
def test_retry_after_is_read_within_reason(value: str, seconds: float) -> None:
    assert retry_after({"Retry-After": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=50), usegmt=True)
    assert 45 * 60 <= retry_after({"Retry-After": date}) <= 50 * 60
