"""What somebody asks for: an action, on a scope."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One operation of a resource provider: on data, or on the resource itself."""

    name: str
    data: bool = True


@dataclass(frozen=True)
class Need:
    """What a request needs: one of these actions, on this scope (a resource id)."""

    scope: str
    any_of: tuple[Action, ...]

    @classmethod
    def of(cls, scope: str, *actions: str, data: bool = True) -> "Need":
        """The need of one of `actions`, data actions unless said otherwise."""
        return cls(scope, tuple(Action(each, data) for each in actions))
