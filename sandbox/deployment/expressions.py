"""The template expressions that `bicep snapshot` leaves for the deployment to evaluate.

Bicep folds everything it can; the rest are calls such as
`[format('https://{0}', reference('<id>', '<api>').configuration.ingress.fqdn)]`. An expression that
only Azure can evaluate, such as `[listKeys(...)]`, becomes an `Unresolved`.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urljoin

from lark import Lark, LarkError, ParseTree, Transformer, v_args

_GRAMMAR = r"""
    ?start: value
    ?value: call | access | index | text | number
    call: NAME "(" [value ("," value)*] ")"
    access: value "." NAME
    index: value "[" value "]"
    text: /'(?:[^']|'')*'/
    number: /-?\d+/
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    %ignore /\s+/
"""

# The name space of ARM's guid(); https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string#guid
_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

# Of the public cloud;
# https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment
_ENVIRONMENT: Mapping[str, Any] = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
    },
    "suffixes": {
        "acrLoginServer": ".azurecr.io",
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "storage": "core.windows.net",
    },
}

# The name of properties that only Azure knows, in an object of others.
_OTHERS = "others"

Reference = Callable[[str, bool], Mapping[str, Any]]


class ExpressionError(ValueError):
    """An expression that the sandbox cannot evaluate; `reason` is the end of its message."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


@dataclass(frozen=True)
class Unresolved:
    """The place of a value that only Azure knows: its expression, and why it stays one."""

    text: str
    reason: str


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


@lru_cache(1024)
def _parsed(text: str) -> ParseTree:
    """Return the tree of an expression: a deployment has few, many times."""
    return _parser().parse(text)


def guid(*parts: str) -> str:
    """Return ARM's guid(): the same parts give the same identifier."""
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join(parts)))


def _format(pattern: str, *values: object) -> str:
    return pattern.format(*values)


def _concat(*values: Any) -> Any:
    """Join lists, or texts; a list that only Azure knows becomes one unknown entry."""
    if any(isinstance(each, list) for each in values):
        lists = (each if isinstance(each, list) else [each] for each in values)
        return [each for one in lists for each in one]
    unknown = (each for each in values if isinstance(each, Unresolved))
    return next(unknown, None) or "".join(map(str, values))


def _union(*values: Any) -> Any:
    """Merge objects, or lists; an object that only Azure knows becomes one unknown property."""
    if any(isinstance(each, dict) for each in values):
        unknown = [each for each in values if isinstance(each, Unresolved)]
        objects = (each for each in values if isinstance(each, dict))
        merged = {name: each for one in objects for name, each in one.items()}
        return merged | ({_OTHERS: unknown[0]} if unknown else {})
    found: list[Any] = []
    for each in _concat(*values):
        if each not in found:
            found.append(each)
    return found


def _try_get(value: Any, *path: Any) -> Any:
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _resource_id(*parts: str) -> str:
    """Return the id of a resource in a group, whose subscription and name come first."""
    subscription, group, kind, *names = parts
    return _extension_resource_id(
        f"/subscriptions/{subscription}/resourceGroups/{group}", kind, *names
    )


def _subscription_resource_id(*parts: str) -> str:
    subscription, kind, *names = parts
    return _extension_resource_id(f"/subscriptions/{subscription}", kind, *names)


def _extension_resource_id(scope: str, kind: str, *names: str) -> str:
    provider, *types = kind.split("/")
    pairs = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
    return f"{scope}/providers/{provider}/{pairs}"


# By lower-case name; https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "concat": _concat,
    "createarray": lambda *values: list(values),
    "createobject": lambda *pairs: dict(zip(pairs[::2], pairs[1::2], strict=True)),
    "empty": lambda value: not value,
    "environment": lambda: _ENVIRONMENT,
    "equals": lambda one, other: one == other,
    "extensionresourceid": _extension_resource_id,
    "false": lambda: False,
    "first": lambda value: value[0],
    "format": _format,
    "guid": guid,
    "if": lambda condition, yes, no=None: yes if condition else no,
    "join": lambda values, between: between.join(values),
    "last": lambda value: value[-1],
    "length": len,
    "not": lambda value: not value,
    "null": lambda: None,
    "resourceid": _resource_id,
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda text, at: text.split(at),
    "string": str,
    "subscriptionresourceid": _subscription_resource_id,
    "tolower": str.lower,
    "toupper": str.upper,
    "trim": str.strip,
    "true": lambda: True,
    "tryget": _try_get,
    "union": _union,
    "uri": urljoin,
}


# These hold a value that only Azure knows beside others, which stay known.
_HOLDERS = frozenset({"concat", "createarray", "createobject", "union"})


@v_args(inline=True)
class _Evaluation(Transformer[Any, Any]):
    def __init__(self, reference: Reference) -> None:
        super().__init__()
        self._functions = {
            **_FUNCTIONS,
            "reference": lambda resource, _version="", part="": reference(resource, part == "full"),
        }

    def text(self, token: str) -> str:
        return token[1:-1].replace("''", "'")

    def number(self, token: str) -> int:
        return int(token)

    def call(self, name: str, *arguments: Any) -> Any:
        function = self._functions.get(name.lower())
        given = [] if arguments == (None,) else list(arguments)  # the parser's mark of none
        unknown = next((each for each in given if isinstance(each, Unresolved)), None)
        if unknown and name.lower() not in _HOLDERS:
            return unknown
        if function is None:
            return Unresolved("", f"only Azure can evaluate the function {name}()")
        try:
            return function(*given)
        except ExpressionError as error:
            return Unresolved("", error.reason)

    def access(self, value: Any, name: str) -> Any:
        if isinstance(value, Unresolved):
            return value
        # Resource Manager compares names of properties without case.
        found = {key.lower(): each for key, each in value.items()}
        if name.lower() not in found:
            return Unresolved("", f"nothing is known of the runtime property {str(name)!r}")
        return found[name.lower()]

    def index(self, value: Any, key: Any) -> Any:
        return value if isinstance(value, Unresolved) else value[key]


def resolve(value: Any, reference: Reference) -> Any:
    """Evaluate every expression in `value`; one that only Azure can becomes an Unresolved."""
    if isinstance(value, dict):
        return {key: resolve(each, reference) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, reference) for each in value]
    try:
        return evaluate(value, reference)
    except ExpressionError as error:
        return Unresolved(value, error.reason)


def evaluate(value: Any, reference: Reference) -> Any:
    """Evaluate every expression in `value`; `reference` returns a resource's properties.

    An array or object may hold an Unresolved among others. Raises ExpressionError for an unknown
    function, such as `listKeys()`.
    """
    if isinstance(value, dict):
        return {key: evaluate(each, reference) for key, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, reference) for each in value]
    if not isinstance(value, str) or not value.startswith("["):
        return value
    if value.startswith("[["):
        return value[1:]
    return _evaluate_text(value, reference) if value.endswith("]") else value


def _evaluate_text(text: str, reference: Reference) -> Any:
    try:
        found = _Evaluation(reference).transform(_parsed(text[1:-1]))
    except (LarkError, RecursionError) as error:
        cause = getattr(error, "orig_exc", None)
        reason = cause if isinstance(cause, ValueError) else "it is not understood"
        raise ExpressionError(f"cannot work out {text}: {reason}", str(reason)) from None
    if isinstance(found, Unresolved):
        raise ExpressionError(f"cannot work out {text}: {found.reason}", found.reason)
    return found
