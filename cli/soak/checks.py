"""The checks after a round, as pure functions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from cli.soak.survey import Survey, Webhook
from cli.soak.uploads import Sent

_REJECTED = "photo.rejected"


def failures(sent: Sequence[Sent], before: Iterable[str], seen: Survey) -> list[str]:
    """Return a sentence for each check that fails.

    `before` are the photos of earlier rounds, which must still be in the index.
    """
    return list(
        chain(
            (
                f"key {each.file.key} was never accepted: {each.refused}"
                for each in sent
                if not each.id
            ),
            chain.from_iterable(_of_photo(each, each.id, seen) for each in sent if each.id),
            _of_index([*before, *(each.id for each in sent if each.id)], seen.listed),
            (f"photo {each}: its thumbnail does not decode" for each in sorted(seen.undecoded)),
            (f"{count} messages are stuck in {name}" for name, count in _some(seen.messages)),
            (f"{count} dead letters in {name}" for name, count in _some(seen.dead_letters)),
            (f"a process is left: {each}" for each in seen.strays),
        )
    )


def _of_photo(sent: Sent, photo: str, seen: Survey) -> Iterator[str]:
    state, final = seen.states[photo], "rejected" if sent.file.broken else "processed"
    if state != final:
        yield f"photo {photo} is {state}, not {final}"
    webhooks = webhook_ids(seen.webhooks, photo)
    for kind, ids in webhooks.items():
        if len(ids) > 1:
            yield f"photo {photo}: the partner received {kind} under {len(ids)} webhook-ids"
    if not webhooks.get(f"photo.{final}"):
        yield f"photo {photo}: the partner did not receive photo.{final}"
    # A rejection may come first and be overtaken by the success, never the other way round.
    if others := webhooks.keys() - {f"photo.{final}", _REJECTED}:
        yield f"photo {photo}: the partner also received {', '.join(sorted(others))}"


def _of_index(photos: Sequence[str], listed: Sequence[str]) -> Iterator[str]:
    count = Counter(listed)
    for photo in photos:
        if count[photo] != 1:
            yield f"photo {photo} has {count[photo]} entries in the index, not one"
    for photo in count.keys() - set(photos):
        yield f"photo {photo} is in the index, but its upload was never accepted"


def webhook_ids(webhooks: Iterable[Webhook], photo: str) -> dict[str, set[str]]:
    """Return the ids of the webhooks that the partner received for a photo, by kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in webhooks:
        if each.photo == photo:
            found[each.type].add(each.id)
    return found


def _some(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in counts.items() if count]
