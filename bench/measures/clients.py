"""Starts the clients of a measurement."""

from collections.abc import Mapping
from pathlib import Path

from bench.process import Process

_MODULE = "bench.client"


def client(environment: Mapping[str, str], root: Path) -> Process:
    """A client that acts as `environment` says."""
    return Process(_MODULE, environment, root / "client.log")
