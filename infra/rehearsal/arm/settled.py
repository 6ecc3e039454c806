"""Values as a plan keeps them: of a size and depth that rules can go through."""

from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.arm.errors import TooMuchError
from infra.rehearsal.values import Value

_DEEPEST = 60
_LARGEST = 200_000


def settled(value: Value, budget: Budget) -> Value:
    """Copy a value. Raises TooMuchError for one that is too deep or too large."""
    return _copied(value, Budget(_LARGEST), budget, _DEEPEST)


def _copied(value: Value, size: Budget, budget: Budget, deeper: int) -> Value:
    budget.spend()
    size.spend()
    if deeper < 0:
        raise TooMuchError(f"a value is more than {_DEEPEST} levels deep")
    if isinstance(value, dict):
        return {key: _copied(each, size, budget, deeper - 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each, size, budget, deeper - 1) for each in value]
    return value
