"""XML documents of requests, which Azurite accepts in fewer spellings than Azure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, tostring
from xml.parsers import expat

from sandbox.storage.errors import StorageError, not_kept, refusal

_NO_XML = "Error parsing Xml content"
# The root element of each document. Azurite takes a document with any other for an empty one, and
# would delete the existing settings.
_ROOTS: Mapping[str, str] = {
    "GetUserDelegationKey": "KeyInfo",
    "PutBlockList": "BlockList",
    "SetBlobServiceProperties": "StorageServiceProperties",
    "SetBlobTags": "Tags",
    "SetContainerACL": "SignedIdentifiers",
}
_MOST_RULES = 5
_MOST_IDENTIFIERS = 5
_DEEPEST = 8
_LONGEST_RETENTION = 365
_RETENTIONS = frozenset({"DeleteRetentionPolicy", "RetentionPolicy"})
_DAYS = "Retention days must be greater than 0 and less than or equal to 365 days."


def for_azurite(operation: str, body: bytes) -> bytes:
    """Return `body` in a spelling that Azurite takes. Raises Refusal 400 as Azure words it."""
    if not body and operation == "SetContainerACL":
        return body
    return _SPELLED.get(operation, _unchanged)(operation, body)


def key_times(body: bytes) -> tuple[str, str]:
    """Return the start and the expiry that a user delegation key is to have, as written.

    Raises Refusal 400, and 501 for a key to be used by one user alone.
    """
    root = _parsed("GetUserDelegationKey", body)
    if root.findtext("DelegatedUserTid"):
        raise refusal("NotImplemented")
    return root.findtext("Start", ""), root.findtext("Expiry", "")


def _unchanged(operation: str, body: bytes) -> bytes:
    """Return `body`, checked but byte for byte: its checksum may have been sent, too."""
    root = ""

    def start(name: str, _: object) -> None:
        nonlocal root
        root = root or name

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = lambda *_: _refuse(parser)
    _parse(parser, body)
    _check_root(operation, root)
    return body


def _properties(operation: str, body: bytes) -> bytes:
    """Return the properties with true for True, which the SDK for Python wrote in 2019.

    The errors and their positions: Azure/azure-storage-python tests/recordings/
    test_service_properties.test_retention_too_long.yaml and test_too_many_cors_rules.yaml.
    """
    root = _parsed(operation, body, _check_retention)
    if root.findtext("DeleteRetentionPolicy/Enabled", "").lower() == "true":
        raise not_kept("DeleteRetentionPolicy")
    if len(root.findall("Cors/CorsRule")) > _MOST_RULES:
        raise _invalid(0, 0, "")
    for each in root.iter():
        if each.text in {"True", "False"}:
            each.text = each.text.lower()
    return tostring(root)


def _identifiers(operation: str, body: bytes) -> bytes:
    """Return the policies; one may be empty (test_set_container_acl_with_empty_…identifier).

    It may also be left out: the SDK for Python sends none for a policy of None.
    """
    root = _parsed(operation, body)
    found = root.findall("SignedIdentifier")
    if len(found) > _MOST_IDENTIFIERS or not all(each.findtext("Id") for each in found):
        raise _invalid(0, 0, "")
    for each in found:
        policy = each.find("AccessPolicy")
        if policy is None:
            policy = SubElement(each, "AccessPolicy")
        if not len(policy):
            policy.text = None
            SubElement(policy, "Permission")
    return tostring(root)


def _check_retention(policy: Element, line: int, column: int) -> None:
    if policy.tag in _RETENTIONS and policy.findtext("Enabled", "").lower() == "true":
        days = policy.findtext("Days", "")
        if not days.isascii() or not days.isdigit() or not 0 < int(days[:9]) <= _LONGEST_RETENTION:
            raise _invalid(line, column, _DAYS)


Check = Callable[[Element, int, int], None]


@dataclass
class _Tree:
    """A tree that a parser builds; each element is checked at its end."""

    parser: Any
    check: Check
    builder: TreeBuilder = field(default_factory=TreeBuilder)
    depth: int = 0

    def __post_init__(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.CharacterDataHandler = self.builder.data
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = lambda *_: _refuse(self.parser)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            _refuse(self.parser)
        self.builder.start(name, attributes)

    def _end(self, name: str) -> None:
        self.depth -= 1
        # Azure counts columns from 1, at the name behind "</".
        column = self.parser.CurrentColumnNumber + 3
        self.check(self.builder.end(name), self.parser.CurrentLineNumber, column)


def _parsed(operation: str, body: bytes, check: Check = lambda *_: None) -> Element:
    parser = expat.ParserCreate()
    tree = _Tree(parser, check)
    _parse(parser, body)
    root = tree.builder.close()
    _check_root(operation, root.tag)
    return root


def _check_root(operation: str, root: str) -> None:
    if root != _ROOTS[operation]:
        raise _invalid(1, 1, _NO_XML)


def _parse(parser: Any, body: bytes) -> None:
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise _invalid(error.lineno, error.offset + 1, _NO_XML) from error
    except (LookupError, ValueError) as error:
        # It names an unknown encoding.
        raise _invalid(1, 1, _NO_XML) from error


def _refuse(parser: Any) -> NoReturn:
    """Raise Refusal for a document type, whose entities could grow without end."""
    raise _invalid(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, _NO_XML)


def _invalid(line: int, column: int, reason: str) -> StorageError:
    details = {"LineNumber": str(line), "LinePosition": str(column), "Reason": reason}
    return refusal("InvalidXmlDocument", details)


_SPELLED: Mapping[str, Callable[[str, bytes], bytes]] = {
    "SetBlobServiceProperties": _properties,
    "SetContainerACL": _identifiers,
}
# Documents that Azurite gets.
DOCUMENTS = frozenset(_ROOTS) - {"GetUserDelegationKey"}
