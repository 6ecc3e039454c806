"""Compiled ARM templates, as Resource Manager takes them, as far as that can be told offline."""

from infra.rehearsal.arm.target import Target
from infra.rehearsal.arm.walk import plan_of

__all__ = ["Target", "plan_of"]
