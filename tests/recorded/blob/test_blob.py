"""Each of Azure's recorded kinds of answer, asked of Blob Storage in the sandbox."""

import re
from http import HTTPStatus
from urllib.parse import quote

import pytest

from tests.recorded.blob.golden import BOM, OWN_REASON, Golden, golden
from tests.recorded.blob.known import KNOWN
from tests.recorded.blob.place import Place
from tests.recorded.blob.requests import REQUESTS, Request
from tests.recorded.conftest import Compare
from tests.recorded.rows import Answer
from tests.sandbox.storage.harness import Answer as Answered
from tests.sandbox.storage.harness import Storage

pytestmark = pytest.mark.recorded
ROWS = golden()


@pytest.mark.parametrize("each", ROWS, ids=lambda each: each.row.name)
def test_the_answer_is_of_the_recorded_kind(
    each: Golden, account: Storage, compare: Compare, request: pytest.FixtureRequest
) -> None:
    if REQUESTS[each.row.name].fails_within:
        account = request.getfixturevalue("failing")
    compare("Blob Storage", each.row, _asked(each, Place(account)), KNOWN)


def test_every_row_has_its_request_and_few_are_known_to_differ() -> None:
    names = {each.row.name for each in ROWS}
    assert len(ROWS) == len(names) == 111
    assert REQUESTS.keys() == names
    assert names.issuperset(KNOWN)
    assert len(KNOWN) <= 20


def _asked(each: Golden, place: Place) -> Answer:
    request = REQUESTS[each.row.name]
    for step in request.given:
        step(place)
    if each.row.code == "InvalidResourceName":
        place.container = quote("啊齄丂")
    body = request.body if isinstance(request.body, bytes) else request.body(place)
    target = _target(each, request, place)
    headers = {"x-ms-version": each.version, **request.headers}
    return _seen(place.ask(each.method, target, headers, body, request.who))


def _target(each: Golden, request: Request, place: Place) -> str:
    query = "&".join(filter(None, (each.query, request.more)))
    return f"{place.path(each.level)}?{query}" if query else place.path(each.level)


def _seen(answer: Answered) -> Answer:
    text = answer.body.decode("utf-8", "replace")
    in_body = re.search(r"<Code>(\w+)</Code>", text)
    traits = {BOM} if answer.body.startswith(b"\xef\xbb\xbf") else set()
    if answer.reason != HTTPStatus(answer.status).phrase:
        traits.add(OWN_REASON)
    return Answer(
        answer.status,
        answer.code or (in_body[1] if in_body else ""),
        frozenset(name.lower() for name in answer.headers),
        frozenset(re.findall(r"<([A-Za-z][\w.-]*)", text)),
        frozenset(traits),
    )
