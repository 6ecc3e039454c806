"""The page that shows identities at work: decisions as they are made, and the rights behind them.

It reads the running sandbox in its own process, and changes nothing but by requests that it sends
as one of the deployment's principals.
"""

from sandbox.page.feed import Feed
from sandbox.page.rendering import Page
from sandbox.page.running import Running
from sandbox.page.site import application

__all__ = ["Feed", "Page", "Running", "application"]
