"""The deployments in this folder, each in a shape that public projects have."""

from pathlib import Path

FOLDER = Path(__file__).parent
SHAPES = ("cluster", "functions", "messages", "several")


def snapshot_of(shape: str) -> Path:
    """Return the compiled snapshot of a deployment."""
    return FOLDER / shape / "main.snapshot.json"


def parameters_of(shape: str) -> Path:
    """Return the parameters from which the snapshot was compiled."""
    return FOLDER / shape / "main.bicepparam"
