"""The effects that a fault can have on the requests that it meets."""

from dataclasses import dataclass

from sandbox.refusal import Refusal


@dataclass(frozen=True)
class Answer:
    """A plane answers with an error, and does nothing else."""

    refusal: Refusal


@dataclass(frozen=True)
class Late:
    """A plane answers so many seconds late. A write is carried out before, a read afterwards."""

    seconds: float


@dataclass(frozen=True)
class Reset:
    """The connection is reset in place of an answer. A write is carried out before."""


@dataclass(frozen=True)
class Closed:
    """Nothing listens at the port of the identity endpoint."""


@dataclass(frozen=True)
class Skew:
    """Tokens are issued as by a clock that is so many seconds ahead, or behind if negative."""

    seconds: float


@dataclass(frozen=True)
class Lag:
    """A change of a secret shows after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Busy:
    """The namespace admits no link and takes no message."""


@dataclass(frozen=True)
class Detach:
    """Every open link is detached, once; with the reason of an idle one if `idle`."""

    idle: bool = False


@dataclass(frozen=True)
class Cut:
    """Every connection of the namespace is cut, once."""


@dataclass(frozen=True)
class Gone:
    """The name of the namespace does not resolve, and its open connections are cut."""


Effect = Answer | Late | Reset | Closed | Skew | Lag | Busy | Detach | Cut | Gone
