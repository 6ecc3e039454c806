"""The XML of requests: read without a document type, so that none can grow."""

from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
COUNTS = "http://schemas.microsoft.com/netservices/2011/06/servicebus"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
ATOM = "http://www.w3.org/2005/Atom"
_DEEPEST = 16


class XmlError(ValueError):
    """A body that is not the XML of an Atom entry with a description."""


class _Bounded(TreeBuilder):
    """A builder that takes no document type, and no deep nesting."""

    depth = 0

    def doctype(self, *_: object) -> None:
        raise XmlError("a document type is not allowed")

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise XmlError("it is nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self.depth -= 1
        return super().end(tag)


def description_in(body: bytes) -> Element:
    """Return the one element in the content of an Atom entry. Raises XmlError."""
    try:
        parser = XMLParser(target=_Bounded())  # noqa: S314 - it takes no document type
        parser.feed(body)
        entry: Element = parser.close()
    except ParseError as error:
        raise XmlError(f"it is not well-formed: {error}") from error
    content = entry.find(f"{{{ATOM}}}content")
    if entry.tag != f"{{{ATOM}}}entry" or content is None or len(content) != 1:
        raise XmlError("it is no Atom entry with one description")
    return content[0]


def local_name(element: Element) -> str:
    """Return the name of an element of Service Bus. Raises XmlError for one of another space."""
    space, _, name = element.tag.rpartition("}")
    if space.lstrip("{") != CONNECT:
        raise XmlError(f"{name} is not of the namespace {CONNECT}")
    return name


def type_of(element: Element) -> str:
    """Return the local part of an element's xsi:type, empty if it has none."""
    return element.get(f"{{{INSTANCE}}}type", "").rpartition(":")[2]
