"""What Azure asks of a deployment: a table of rules, and what a plan does against them."""

from infra.rehearsal.rules.judge import judge, known_types, that_apply
from infra.rehearsal.rules.table import RULES

__all__ = ["RULES", "judge", "known_types", "that_apply"]
