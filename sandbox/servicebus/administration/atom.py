"""Atom: the entry of an entity, the feed of a list, and the answer for an entity that is missing.

The form is that of Azure's recorded answers: Azure/azure-sdk-for-python,
sdk/servicebus/azure-servicebus/tests/mgmt_tests/recordings.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr

from sandbox.servicebus.administration.xml import ATOM, CONNECT, INSTANCE

_NAMESPACE_INFO = "NamespaceInfo"


@dataclass(frozen=True)
class Entry:
    """One description under its name. `path` is that of its address, below the namespace."""

    title: str
    path: str
    kind: str
    description: str
    published: str
    updated: str


@dataclass(frozen=True)
class Source:
    """The request that is answered: the namespace's name and host, and the query."""

    name: str
    host: str
    query: str

    def url(self, path: str) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"https://{self.host}/{quote(path, safe='/$')}{query}"


def now() -> str:
    """Return the time as Azure writes it in its answers."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def entry(source: Source, found: Entry) -> str:
    """Return an entry as the whole answer."""
    return _entry(source, found, f' xmlns="{ATOM}"')


def feed(source: Source, title: str, path: str, entries: list[Entry], following: str) -> str:
    """Return the feed of a list; `following` is the query of its next page, if there is one."""
    url = source.url(path)
    base = f" xml:base={quoteattr(url)}"
    more = _link("next", Source(source.name, source.host, following).url(path)) if following else ""
    updated = entries[0].updated if entries else now()
    return (
        f'<feed xmlns="{ATOM}"><title type="text">{title}</title><id>{escape(url)}</id>'
        f"<updated>{updated}</updated>{_link('self', url)}{more}"
        + "".join(_entry(source, each, base) for each in entries)
        + "</feed>"
    )


def nothing() -> str:
    """Return Azure's answer to a request for an entity that does not exist: a feed of nothing."""
    return (
        f'<feed xmlns="{ATOM}"><title type="text">Publicly Listed Services</title>'
        '<subtitle type="text">This is the list of publicly-listed services currently available.'
        f"</subtitle><id>uuid:{uuid4()};id=1</id><updated>{now()}</updated>"
        "<generator>Service Bus 1.1</generator></feed>"
    )


def namespace_info(source: Source, tier: str, created: str) -> str:
    """Return the entry of the namespace itself."""
    inside = (
        f"<CreatedTime>{created}</CreatedTime><MessagingSKU>{tier}</MessagingSKU>"
        f"<ModifiedTime>{created}</ModifiedTime><Name>{escape(source.name)}</Name>"
        "<NamespaceType>Messaging</NamespaceType>"
    )
    found = Entry(source.name, "$namespaceinfo", _NAMESPACE_INFO, inside, created, created)
    return entry(source, found)


def _entry(source: Source, found: Entry, attribute: str) -> str:
    url = source.url(found.path)
    content = (
        f'<{found.kind} xmlns="{CONNECT}" xmlns:i="{INSTANCE}">{found.description}</{found.kind}>'
    )
    return (
        f'<entry{attribute}><id>{escape(url)}</id><title type="text">{escape(found.title)}</title>'
        f"<published>{found.published}</published><updated>{found.updated}</updated>"
        f"<author><name>{escape(source.name)}</name></author>{_link('self', url)}"
        f'<content type="application/xml">{content}</content></entry>'
    )


def _link(relation: str, url: str) -> str:
    return f'<link rel="{relation}" href={quoteattr(url)}/>'
