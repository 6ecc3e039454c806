"""The soak's checks find each kind of fault after a round."""

from dataclasses import replace

import pytest

from cli.soak.checks import failures
from cli.soak.survey import Survey, Webhook
from cli.soak.uploads import File, Sent

GOOD = Sent(File("k1", b"", broken=False), "good", tries=1)
BROKEN = Sent(File("k2", b"", broken=True), "broken", tries=1)
TOLD = (
    Webhook("good", "photo.processed", "w1", times=1),
    Webhook("broken", "photo.rejected", "w2", times=1),
)
SEEN = Survey(
    states={"good": "processed", "broken": "rejected"},
    undecoded=frozenset(),
    listed=("broken", "good", "older"),
    webhooks=TOLD,
    messages={"photo-uploads": 0},
    dead_letters={"photo-uploads": 0},
    strays=(),
)


def found(seen: Survey, *sent: Sent) -> list[str]:
    return failures(sent or (GOOD, BROKEN), ["older"], seen)


def test_nothing_is_wrong_when_all_holds() -> None:
    assert found(SEEN) == []


def test_a_webhook_may_be_repeated_under_its_id() -> None:
    assert found(replace(SEEN, webhooks=(replace(TOLD[0], times=3), TOLD[1]))) == []


def test_a_rejection_that_was_overtaken_counts_as_the_success() -> None:
    overtaken = Webhook("good", "photo.rejected", "w3", times=1)
    assert found(replace(SEEN, webhooks=(*TOLD, overtaken))) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(SEEN, states={**SEEN.states, "good": "received"}), "is received, not processed"),
        (replace(SEEN, states={**SEEN.states, "good": "rejected"}), "is rejected, not processed"),
        (replace(SEEN, states={**SEEN.states, "broken": "unknown"}), "is unknown, not rejected"),
        (replace(SEEN, undecoded=frozenset({"good"})), "its thumbnail does not decode"),
        (replace(SEEN, listed=("broken", "good")), "older has 0 entries"),
        (replace(SEEN, listed=(*SEEN.listed, "good")), "good has 2 entries"),
        (replace(SEEN, listed=(*SEEN.listed, "stranger")), "but its upload was never accepted"),
        (replace(SEEN, webhooks=TOLD[:1]), "did not receive photo.rejected"),
        (replace(SEEN, webhooks=(*TOLD, replace(TOLD[0], id="w9"))), "under 2 webhook-ids"),
        (
            replace(SEEN, webhooks=(*TOLD, Webhook("broken", "photo.processed", "w9", 1))),
            "also received photo.processed",
        ),
        (replace(SEEN, messages={"photo-uploads": 2}), "2 messages are stuck in photo-uploads"),
        (replace(SEEN, dead_letters={"catalog": 1}), "1 dead letters in catalog"),
        (replace(SEEN, strays=("gunicorn",)), "a process is left: gunicorn"),
    ],
)
def test_each_thing_that_does_not_hold_is_said(seen: Survey, said: str) -> None:
    assert any(said in each for each in found(seen))


def test_an_upload_that_was_never_taken_is_said_with_its_answer() -> None:
    (only,) = found(replace(SEEN, listed=("older",)), replace(GOOD, id=None, refused="415 no"))
    assert only == "key k1 was never accepted: 415 no"
