"""The source of a copy: another blob of the same account, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.storage.accept import is_valid
from sandbox.storage.answers import Refused
from sandbox.storage.target import Level, Target, parse_target


@dataclass(frozen=True)
class CopySource:
    """A blob to copy from, or one of its snapshots."""

    host: str
    target: Target

    @property
    def url(self) -> str:
        """The one spelling that is forwarded."""
        snapshot = self.target.parameters.get("snapshot")
        query = f"?snapshot={snapshot}" if snapshot else ""
        return f"https://{self.host}{self.target.path}{query}"


def parse_copy_source(headers: Mapping[str, str], host: str) -> CopySource:
    """The source that the headers name. Raises Refused for what is no blob of this account.

    Credentials in the address are refused: Azurite would use them, and never ask who copies.
    """
    scheme, separator, rest = headers["x-ms-copy-source"].partition("://")
    authority, slash, path = rest.partition("/")
    if scheme.lower() != "https" or not separator or authority.lower() != host:
        raise Refused("CannotVerifyCopySource")
    target = parse_target(slash + path)
    if target.level is not Level.BLOB or target.parameters.keys() - {"snapshot"}:
        raise Refused("CannotVerifyCopySource")
    if not all(is_valid(key, value) for key, value in target.parameters.items()):
        raise Refused("CannotVerifyCopySource")
    return CopySource(host, target)
