"""Compiled ARM templates, evaluated as Resource Manager does, as far as possible offline."""

from infra.rehearsal.arm.target import Target
from infra.rehearsal.arm.walk import plan_of

__all__ = ["Target", "plan_of"]
