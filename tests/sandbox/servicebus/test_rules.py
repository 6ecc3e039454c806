"""Filters: correlation, three-valued SQL, and refusals at the start."""

from typing import Any, cast

import pytest

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.deployment.data_services import namespace
from sandbox.deployment.snapshot import Snapshot
from sandbox.servicebus.serve.rules import DEFAULT, RuleError, compiled, rules_after
from sandbox.servicebus.serve.sql import SqlError, parse
from tests.sandbox.servicebus.messages import message

PHOTO = message(
    own={"n": 5, "price": 9.5, "name": "it's", "ok": True, "order": 1, "odd name": "x"},
    subject="photo.processed",
    message_id="m-1",
    reply_to_group_id="s-1",
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("1=1", True),
        ("1 = 0", False),
        ("sys.Label = 'photo.processed'", True),
        ("SYS.LABEL='photo.processed'", True),
        ("sys.Label = 'Photo.Processed'", False),
        ("sys.MessageId LIKE 'm-%'", True),
        ("sys.CorrelationId IS NULL", True),
        ("n = 5 AND price < 10", True),
        ("n = 5 and not price < 9", True),
        ("n = 4 OR n = 5 AND ok", True),
        ("(n = 4 OR n = 5) AND NOT ok", False),
        ("n <> 5", False),
        ("n != 4 AND n >= 5 AND n <= 5.0", True),
        ("price IN (1, 9.5)", True),
        ("price NOT IN (1, 2)", True),
        ("name = 'it''s'", True),
        ("name LIKE 'it_s'", True),
        ("name NOT LIKE 'it%'", False),
        ("name LIKE 'it!''s' ESCAPE '!'", True),
        ("user.n = 5", True),
        ("[odd name] = 'x'", True),
        ("\"odd name\" = 'x'", True),
        ("order = 1", True),
        ("ok = TRUE", True),
        ("ok", True),
        ("EXISTS(n)", True),
        ("EXISTS(missing)", False),
        ("missing IS NULL", True),
        ("n IS NOT NULL", True),
        ("n = -5", False),
        # Unknown is neither true nor false, and stays unknown when it is turned round.
        ("missing = 1", None),
        ("NOT missing = 1", None),
        ("missing = 1 OR n = 5", True),
        ("missing = 1 AND n = 5", None),
        ("missing = 1 AND n = 4", False),
        ("missing NOT IN (1)", None),
        ("missing LIKE '%'", None),
        # Different kinds are not comparable.
        ("n = '5'", None),
        ("ok = 1", None),
        ("name < 3", None),
    ],
)
def test_sql_says(sql: str, *, expected: bool | None) -> None:
    assert parse(sql)(PHOTO) is expected


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "n +1 = 6",
        "n = @p",
        "upper(name) = 'X'",
        "n = 5 AND",
        "n = 5; DELETE",
        "sys.Foo = 1",
        "other.n = 1",
        "n BETWEEN 1 AND 2",
        "name LIKE 'x' ESCAPE 'ab'",
        "'open",
        "n = NULL",
        "not = 1",
    ],
)
def test_sql_outside_the_grammar_is_refused(sql: str) -> None:
    with pytest.raises(SqlError):
        parse(sql)


def test_a_refused_rule_is_named() -> None:
    with pytest.raises(
        RuleError, match=r"Rule 'odd' of subscription 't/Subscriptions/s': .*n BETW"
    ):
        compiled([Rule("odd", sql="n BETWEEN 1 AND 2")], "t/Subscriptions/s")
    with pytest.raises(RuleError, match="at least one property"):
        compiled([Rule("odd", correlation=CorrelationFilter())], "s")
    with pytest.raises(RuleError, match="has no filter"):
        compiled([Rule("odd")], "s")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CorrelationFilter(label="photo.processed"), True),
        (CorrelationFilter(label="photo.processed", message_id="m-1"), True),
        (CorrelationFilter(label="photo.processed", message_id="m-2"), False),
        (CorrelationFilter(properties={"name": "it's"}), True),
        (CorrelationFilter(properties={"name": "it's", "missing": "x"}), False),
        (CorrelationFilter(to="there"), False),
        (CorrelationFilter(reply_to_session_id="s-1"), True),
        (CorrelationFilter(label="photo.processed", reply_to_session_id="s-2"), False),
    ],
)
def test_all_that_a_correlation_filter_names_must_be_equal(
    wanted: CorrelationFilter, *, expected: bool
) -> None:
    assert compiled([Rule("r", correlation=wanted)], "s").match(PHOTO) is expected


def test_no_rule_lets_nothing_through_and_one_that_matches_is_enough() -> None:
    never, always = Rule("never", sql="1=0"), Rule("always", sql="1=1")
    unknown = Rule("unknown", sql="missing = 1")
    assert not compiled([], "s").match(PHOTO)
    assert not compiled([never, unknown], "s").match(PHOTO)
    assert compiled([never, always], "s").match(PHOTO)


NAMED_DEFAULT = Rule("$Default", sql="sys.Label = 'red'")
RED = Rule("red", correlation=CorrelationFilter(label="red"))
BLUE = Rule("blue", correlation=CorrelationFilter(label="blue"))


@pytest.mark.parametrize(
    ("written", "removed", "replaced", "stays"),
    [
        ((), (DEFAULT,), (DEFAULT,), (DEFAULT,)),
        ((RED,), (RED,), (RED, DEFAULT), (RED, DEFAULT)),
        ((RED, BLUE), (RED, BLUE), (RED, BLUE, DEFAULT), (RED, BLUE, DEFAULT)),
        ((NAMED_DEFAULT,), (), (NAMED_DEFAULT,), (NAMED_DEFAULT, DEFAULT)),
        ((NAMED_DEFAULT, RED), (RED,), (NAMED_DEFAULT, RED), (NAMED_DEFAULT, RED, DEFAULT)),
    ],
    ids=["none", "one", "two", "only $Default", "$Default and another"],
)
def test_the_default_rule_is_kept_or_dropped_as_assumed(
    written: tuple[Rule, ...],
    removed: tuple[Rule, ...],
    replaced: tuple[Rule, ...],
    stays: tuple[Rule, ...],
) -> None:
    answers = ("removed", "replaced", "stays")
    assert [rules_after(written, each) for each in answers] == [removed, replaced, stays]


def test_default_is_known_however_it_is_written() -> None:
    assert rules_after((Rule("$DEFAULT", sql="1=0"), RED), "removed") == (RED,)


def test_a_template_filters_by_each_property_of_a_correlation_filter() -> None:
    written = {
        "label": "subject",
        "messageId": "message_id",
        "correlationId": "correlation_id",
        "to": "to",
        "replyTo": "reply_to",
        "replyToSessionId": "reply_to_group_id",
        "sessionId": "group_id",
        "contentType": "content_type",
    }
    for name, field in written.items():
        properties = {"filterType": "CorrelationFilter", "correlationFilter": {name: "1"}}
        kind = "Microsoft.ServiceBus/namespaces"
        resources: list[dict[str, Any]] = [
            {"id": "/b", "type": kind, "name": "b"},
            {"id": "/b/topics/t", "type": f"{kind}/topics", "name": "b/t", "properties": {}},
            {
                "id": "/b/topics/t/subscriptions/s",
                "type": f"{kind}/topics/subscriptions",
                "name": "b/t/s",
                "properties": {},
            },
            {
                "id": "/b/topics/t/subscriptions/s/rules/r",
                "type": f"{kind}/topics/subscriptions/rules",
                "name": "b/t/s/r",
                "properties": properties,
            },
        ]
        [topic] = namespace(Snapshot(tuple(resources), {}), resources[0]).topics
        filters = compiled(topic.subscriptions[0].rules, "s")
        same, other = ({field: value} for value in ("1", "2"))
        assert filters.match(message(**cast("dict[str, Any]", same)))
        assert not filters.match(message(**cast("dict[str, Any]", other)))
