"""The template expressions that `bicep snapshot` leaves for the deployment to evaluate.

Bicep folds everything it can; what stays are calls such as
`[format('https://{0}', reference('<id>', '<api>').configuration.ingress.fqdn)]`.
"""

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lark import Lark, LarkError, Transformer, v_args

_GRAMMAR = r"""
    ?start: value
    ?value: call | access | text | number
    call: NAME "(" [value ("," value)*] ")"
    access: value "." NAME
    text: /'(?:[^']|'')*'/
    number: /-?\d+/
    NAME: /[A-Za-z_][A-Za-z0-9_]*/
    %ignore /\s+/
"""

# The name space of ARM's guid(); https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string#guid
_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

Reference = Callable[[str, bool], Mapping[str, Any]]


class ExpressionError(ValueError):
    """An expression that the sandbox cannot evaluate."""


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr")


def guid(*parts: str) -> str:
    """Return ARM's guid(): the same parts give the same identifier."""
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join(parts)))


def _format(pattern: str, *values: object) -> str:
    return pattern.format(*values)


def _extension_resource_id(scope: str, kind: str, *names: str) -> str:
    provider, *types = kind.split("/")
    pairs = "/".join(f"{each}/{name}" for each, name in zip(types, names, strict=True))
    return f"{scope}/providers/{provider}/{pairs}"


@v_args(inline=True)
class _Evaluation(Transformer[Any, Any]):
    def __init__(self, reference: Reference) -> None:
        super().__init__()
        self._functions: dict[str, Callable[..., Any]] = {
            "reference": lambda resource, _version="", part="": reference(resource, part == "full"),
            "guid": guid,
            "format": _format,
            "extensionresourceid": _extension_resource_id,
        }

    def text(self, token: str) -> str:
        return token[1:-1].replace("''", "'")

    def number(self, token: str) -> int:
        return int(token)

    def call(self, name: str, *arguments: Any) -> Any:
        function = self._functions.get(name.lower())
        if function is None:
            known = ", ".join(sorted(self._functions))
            raise ExpressionError(f"the function {name}() is not known here, only {known}")
        return function(*(each for each in arguments if each is not None))

    def access(self, value: Mapping[str, Any], name: str) -> Any:
        if name not in value:
            raise ExpressionError(f"nothing is known of the runtime property {str(name)!r}")
        return value[name]


def evaluate(value: Any, reference: Reference) -> Any:
    """Evaluate every expression in `value`; `reference` returns a resource's properties.

    Raises ExpressionError for an unknown function, such as `listKeys()`.
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
        tree = _parser().parse(text[1:-1])
        return _Evaluation(reference).transform(tree)
    except LarkError as error:
        cause = getattr(error, "orig_exc", None)
        reason = cause if isinstance(cause, ValueError) else "it is not understood"
        raise ExpressionError(f"cannot work out {text}: {reason}") from None
