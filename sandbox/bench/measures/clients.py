"""Starts the clients of a measurement."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.bench.process import Process

_MODULE = "sandbox.bench.client"


def client(environment: Mapping[str, str], root: Path) -> Process:
    """A client that acts as `environment` says."""
    return Process(_MODULE, environment, root / "client.log")
