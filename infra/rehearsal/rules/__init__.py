"""Azure's rules for a deployment, as a table, and the violations of a plan."""

from infra.rehearsal.rules.judge import judge, known_types, that_apply
from infra.rehearsal.rules.table import RULES

__all__ = ["RULES", "judge", "known_types", "that_apply"]
