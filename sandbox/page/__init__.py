"""The page that shows identities at work: decisions as they are made, and the rights behind them.

It reads the running sandbox in its own process. It changes nothing but as one of the deployment's
principals, by requests that it sends, and on the record of the audit.
"""

from sandbox.page.feed import Feed
from sandbox.page.on_disk import OnDisk, OnDiskError, ReadDisk, read_disk
from sandbox.page.rendering import Page
from sandbox.page.running import Running
from sandbox.page.site import application

__all__ = [
    "Feed",
    "OnDisk",
    "OnDiskError",
    "Page",
    "ReadDisk",
    "Running",
    "application",
    "read_disk",
]
