"""The query of a request: the API's version, how long a page may be, and where it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sandbox.keyvault import base64url
from sandbox.keyvault.errors import bad_parameter
from sandbox.refusal import Refusal

_LATEST = "2026-04-01"
_VERSIONS = frozenset(
    {"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6"}
    | {"2025-07-01", _LATEST}
)
_LONGEST_PAGE = 25
_KNOWN = frozenset({"api-version", "maxresults", "$skiptoken"})


@dataclass(frozen=True)
class Page:
    """Up to `length` things that come behind `after`, of the request with `api_version`."""

    length: int = _LONGEST_PAGE
    after: str = ""
    api_version: str = _LATEST


def page_and_version_checked(query: str) -> Page:
    """Return the page that `query` asks for. Raises Refusal 400, also for an API not known.

    Azure's text for a missing version was reported.
    """
    given = _once_each(query)
    version = given.get("api-version", "")
    if version not in _VERSIONS:
        message = (
            f"The specified version ({version}) is not recognized. Consider using the latest "
            f"supported version ({_LATEST})."
        )
        raise bad_parameter(message, "the api-version is not recognized")
    return Page(_length(given), cursor_read(given.get("$skiptoken", "")), version)


def cursor(after: str) -> str:
    """What goes into a link to the next page; callers take it for granted that it is opaque."""
    return base64url.encode(after.encode())


def cursor_read(token: str) -> str:
    """What `token` is the cursor of. Raises Refusal 400 if it cannot be read."""
    try:
        return base64url.decode(token).decode()
    except ValueError:
        raise _invalid("$skiptoken") from None


def after_number(page: Page) -> int:
    """The number that a page comes behind, 0 at first. Raises Refusal 400 if it is none."""
    digits = page.after or "0"
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise _invalid("$skiptoken")
    return int(digits)


def _once_each(query: str) -> Mapping[str, str]:
    """Two parsers could take two values for one parameter differently: there must be one."""
    given: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if key.lower() in given and key.lower() in _KNOWN:
            raise _invalid(key.lower())
        given[key.lower()] = value
    return given


def _length(given: Mapping[str, str]) -> int:
    text = given.get("maxresults", str(_LONGEST_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= 25):
        raise _invalid("maxresults")
    return int(text)


def _invalid(parameter: str) -> Refusal:
    return bad_parameter(
        f"Parameter {parameter} has invalid value", f"the parameter {parameter} is invalid"
    )
