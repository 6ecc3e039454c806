"""Expressions are read as Azure reads them, and written back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.rehearsal.arm.errors import NotUnderstoodError, TooMuchError
from infra.rehearsal.arm.syntax import (
    Access,
    Call,
    Literal,
    Node,
    is_expression,
    parse,
    unescaped,
    write,
)

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
literals = st.one_of(st.text(max_size=12), st.integers(-(2**40), 2**40)).map(Literal)


def branches(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(below, max_size=3)
    calls = st.builds(_call, st.sampled_from(["", "mine"]), names, several)
    bases = below.filter(lambda each: not isinstance(each, Literal))
    return st.one_of(calls, st.builds(_access, bases, below, st.booleans()))


def _call(namespace: str, name: str, arguments: list[Node]) -> Node:
    return Call(namespace, name, tuple(arguments), 1 + max((x.depth for x in arguments), default=0))


def _access(base: Node, key: Node, safe: bool) -> Node:
    return Access(base, key, safe, 1 + max(base.depth, key.depth))


nodes = st.recursive(literals, branches, max_leaves=12)


@given(nodes)
def test_what_is_written_is_read_as_what_it_was(node: Node) -> None:
    assert parse(f"[{write(node)}]") == node


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[parameters('a')]", "parameters('a')"),
        ("[ variables( 'a' ).b[ 0 ] ]", "variables('a')['b'][0]"),
        ("[contoso.name('it''s')]", "contoso.name('it''s')"),
        ("[a().?b[?c()]]", "a()[?'b'][?c()]"),
        ("[if(true(), 1, -2)]", "if(true(), 1, -2)"),
    ],
)
def test_an_expression_is_read(text: str, written: str) -> None:
    assert write(parse(text)) == written


@pytest.mark.parametrize("text", ["[", "[]", "[a]", "[a(]", "['a]", "[a() b()]", "[a.b.c()]"])
def test_what_is_no_expression_is_named(text: str) -> None:
    with pytest.raises(NotUnderstoodError):
        parse(text if text.endswith("]") else f"{text}]")


def test_a_second_bracket_makes_it_text() -> None:
    assert is_expression("[a()]")
    assert not is_expression("[[a()]")
    assert unescaped("[[a()]") == "[a()]"
    assert unescaped("[[a(") == "[[a("
    assert not is_expression("[a() and more")


@pytest.mark.parametrize(
    "text", ["f(" * 5000 + "1" + ")" * 5000, "a()" + "[a()" * 5000 + "]" * 5000]
)
def test_what_is_nested_too_deeply_is_refused_at_once(text: str) -> None:
    with pytest.raises(TooMuchError, match="100 levels"):
        parse(f"[{text}]")
