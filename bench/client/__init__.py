"""The clients of the measurements: the unmodified SDKs, in a process of their own."""

from collections.abc import Mapping
from pathlib import Path

from bench.process import Process


def client(environment: Mapping[str, str], root: Path) -> Process:
    """Start a client with `environment`."""
    return Process("bench.client", environment, root / "client.log")
