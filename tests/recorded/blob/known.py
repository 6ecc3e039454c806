"""The rows that the sandbox answers otherwise, each with its reason."""

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {}
