"""Azure Resource Manager, as far as a sign-in asks it; every other operation is refused.

So is all that Microsoft Graph is asked for.
"""

from sandbox.arm.graph import HOST as GRAPH_HOST
from sandbox.arm.graph import Graph
from sandbox.arm.plane import HOST, ResourceManager

__all__ = ["GRAPH_HOST", "HOST", "Graph", "ResourceManager"]
