"""The page that shows identities at work: decisions as they are made, and the rights behind them.

It reads the running sandbox in its own process. It changes nothing but as one of the deployment's
principals, by requests that it sends, and on the record of the audit.
"""

from sandbox.page.feed import Feed
from sandbox.page.open_lab import Checked, OpenLab, ReadLab
from sandbox.page.rendering import Page
from sandbox.page.running import Running
from sandbox.page.site import application

__all__ = [
    "Checked",
    "Feed",
    "OpenLab",
    "Page",
    "ReadLab",
    "Running",
    "application",
]
