"""The page's state and templates, and its files."""

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.deployment.on_disk import OnDisk
from sandbox.deployment.short_names import api_names, short_role, short_scope
from sandbox.page.feed import Feed
from sandbox.page.running import Running, everyone
from sandbox.page.tokens import Wallet
from sandbox.printable import printable_lines

_HERE = Path(__file__).parent
_FILES = frozenset({"page.css", "page.js"})


def _seen(value: Any) -> Any:
    """Escape the control characters of a text, which could reorder it for a reader."""
    return printable_lines(value) if type(value) is str else value


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_seen,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(short_scope=short_scope, short_role=short_role)


@dataclass
class Page:
    """The page of one running sandbox. `key` is in the address of each view.

    `on_disk` is the deployment that was compared last, under the lock `reading`.
    """

    running: Running
    feed: Feed
    wallet: Wallet = field(default_factory=Wallet)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: int = 0
    on_disk: OnDisk | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def base(self) -> str:
        return f"/{self.key}"

    @property
    def names(self) -> list[str]:
        """The names of all principals."""
        return [each.name for each in everyone(self.running.planes.deployment)]

    @property
    def apis(self) -> dict[str, str]:
        """The names of registered APIs, by their ids."""
        return api_names(self.running.planes.deployment)

    def render(self, template: str, **values: Any) -> str:
        """Return a template as HTML; every value is escaped."""
        return _TEMPLATES.get_template(template).render(base=self.base, **values)

    def html(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a view."""
        text = self.render(template, **values)
        return web.Response(status=status, text=text, content_type="text/html")


async def file(_: Page, request: web.Request) -> web.StreamResponse:
    """Return a style sheet or a script."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise web.HTTPNotFound
    return web.FileResponse(_HERE / "static" / name)
