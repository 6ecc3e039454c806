"""The bodies of requests: XML from any caller with the right to manage, and its cost."""

import pytest

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import descriptions, rule_description
from sandbox.servicebus.administration.fields import FieldError
from sandbox.servicebus.administration.rule_description import RuleDescription
from sandbox.servicebus.administration.xml import ATOM, CONNECT, XmlError, description_in
from sandbox.servicebus.amqp.decode import Timestamp

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def entry(inside: str, head: str = "") -> bytes:
    content = f'<content type="application/xml">{inside}</content>'
    return f'{head}<entry xmlns="{ATOM}">{content}</entry>'.encode()


def queue(inside: str) -> bytes:
    return entry(f'<QueueDescription xmlns="{CONNECT}">{inside}</QueueDescription>')


def rule(inside: str) -> bytes:
    return entry(f'<RuleDescription xmlns="{CONNECT}" {XSI}>{inside}</RuleDescription>')


def test_settings_are_read_by_the_names_of_resource_manager() -> None:
    body = queue(
        "<LockDuration>PT5S</LockDuration><RequiresSession>true</RequiresSession>"
        "<MaxDeliveryCount>3</MaxDeliveryCount><SizeInBytes>7</SizeInBytes>"
        "<AutoDeleteOnIdle>P10675199DT2H48M5.477539S</AutoDeleteOnIdle>"
    )
    assert descriptions.read(description_in(body)) == {
        "lockDuration": "PT5S",
        "requiresSession": True,
        "maxDeliveryCount": 3,
        "autoDeleteOnIdle": "P10675199DT2H48M5.4775807S",
    }


@pytest.mark.parametrize(
    "inside",
    [
        "<LockDuration>soon</LockDuration>",
        "<LockDuration>P1M</LockDuration>",
        "<AutoDeleteOnIdle>P1Y</AutoDeleteOnIdle>",
        "<AutoDeleteOnIdle>P99999999999D</AutoDeleteOnIdle>",
        "<MaxDeliveryCount>many</MaxDeliveryCount>",
        "<RequiresSession>perhaps</RequiresSession>",
    ],
)
def test_a_value_that_its_element_cannot_have_is_named(inside: str) -> None:
    name = inside[1 : inside.index(">")]
    with pytest.raises(FieldError, match=name):
        descriptions.read(description_in(queue(inside)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<entry",
        b"\xff\xfe",
        b"<entry/>",
        entry(""),
        entry("<a/><b/>"),
        entry("<a/>", head='<!DOCTYPE entry [<!ENTITY e "e">]>'),
        entry("<a>" * 40 + "</a>" * 40),
    ],
)
def test_a_body_that_is_no_entry_is_refused(body: bytes) -> None:
    with pytest.raises(XmlError):
        description_in(body)


def test_a_rule_is_described_as_it_was_sent() -> None:
    pairs = "".join(
        f"<KeyValueOfstringanyType><Key>{kind}</Key>"
        f'<Value xmlns:d="urn:any" xsi:type="d:{kind}">{text}</Value></KeyValueOfstringanyType>'
        for kind, text in (
            ("string", "a&lt;b"),
            ("int", "2"),
            ("boolean", "false"),
            ("double", "1.5"),
            ("dateTime", "2000-01-01T00:00:00.009Z"),
        )
    )
    body = rule(
        '<Filter xsi:type="CorrelationFilter"><Label>red</Label>'
        "<ReplyToSessionId>s-1</ReplyToSessionId>"
        f"<Properties>{pairs}</Properties></Filter>"
        '<Action xsi:type="EmptyRuleAction"/><Name>ignored</Name>'
    )
    described = rule_description.read(description_in(body))
    assert described.rule("red") == Rule(
        "red",
        correlation=CorrelationFilter(
            label="red",
            reply_to_session_id="s-1",
            properties={
                "string": "a<b",
                "int": 2,
                "boolean": False,
                "double": 1.5,
                "dateTime": Timestamp(946684800009),
            },
        ),
    )
    assert RuleDescription.from_json(described.as_json()) == described
    again = rule(rule_description.written("red", described, "2020-01-01").replace("i:", "xsi:"))
    assert rule_description.read(description_in(again)) == described


def test_a_filter_for_all_or_for_none_is_sql() -> None:
    for kind, sql in (("TrueFilter", "1=1"), ("FalseFilter", "1=0")):
        body = rule(f'<Filter xsi:type="{kind}"/>')
        assert rule_description.read(description_in(body)).rule("any").sql == sql


@pytest.mark.parametrize(
    "inside",
    [
        '<Filter xsi:type="SqlFilter"/>',
        '<Filter xsi:type="OtherFilter"/>',
        '<Filter xsi:type="SqlFilter"><Deep><Deeper/></Deep></Filter>',
        '<Filter xsi:type="CorrelationFilter"><Properties><Pair/></Properties></Filter>',
    ],
)
def test_a_rule_that_is_not_understood_is_refused(inside: str) -> None:
    with pytest.raises((XmlError, FieldError)):
        rule_description.read(description_in(rule(inside)))


def test_a_rule_with_an_action_is_understood_and_refused() -> None:
    sets = '<Action xsi:type="SqlRuleAction"><SqlExpression>SET a=1</SqlExpression></Action>'
    with pytest.raises(Refusal) as refused:
        rule_description.read(description_in(rule(sets)))
    assert refused.value.message.startswith("The sandbox does not offer actions of rules")
    rule_description.read(description_in(rule('<Action xsi:type="EmptyRuleAction"/>')))
