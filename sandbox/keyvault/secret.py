"""A secret as a vault keeps it, without its value, which is read on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Properties:
    """The properties that a caller may set; None leaves one as it is. Times are epoch seconds.

    Key Vault gives out expired and not yet valid secrets: `exp` and `nbf` inform, `enabled` decides
    (https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#date-time-controlled-operations).
    """

    content_type: str | None = None
    tags: Mapping[str, str] | None = None
    enabled: bool | None = None
    not_before: int | None = None
    expires: int | None = None


@dataclass(frozen=True)
class NewSecret:
    """The body of a set: a value and its properties."""

    value: str = field(repr=False)
    properties: Properties


@dataclass(frozen=True)
class SecretVersion:
    """One version as it is stored. `sequence` grows with every version that the vault stores."""

    sequence: int
    name: str
    version: str
    properties: Properties
    created: int
    updated: int

    @property
    def enabled(self) -> bool:
        return self.properties.enabled is not False


@dataclass(frozen=True)
class DeletedSecret:
    """A deleted secret, by its latest version, until it is recovered or purged."""

    latest: SecretVersion
    deleted: int
    purged: int
