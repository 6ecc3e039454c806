"""Azure Resource Manager, as far as a sign-in asks it; every other operation is refused."""

from sandbox.arm.manager import HOST, ResourceManager

__all__ = ["HOST", "ResourceManager"]
