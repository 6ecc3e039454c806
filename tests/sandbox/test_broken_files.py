"""The recovery from a broken file names every file that has to go with it."""

from pathlib import Path

import pytest

from sandbox.broken_files import recovery


@pytest.mark.parametrize(
    ("broken", "there", "says"),
    [
        ("bus.db", (), "move it away to continue: the messages that wait"),
        ("bus-sb-a.db", (), "move it away to continue: the messages that wait"),
        ("vault-kv-a.db", ("vault-kv-a.db-wal",), "move it and vault-kv-a.db-wal away to"),
        (
            "vault.key",
            ("vault-kv-a.db", "vault.db", "vault.db-shm", "bus.db"),
            "move it and vault-kv-a.db, vault.db, vault.db-shm away to continue: the secrets",
        ),
        ("edge.pem", ("bus.db",), "move it away to continue: it is recreated"),
    ],
)
def test_the_recovery_names_what_moves_with_it(
    tmp_path: Path, broken: str, there: tuple[str, ...], says: str
) -> None:
    for name in (broken, *there):
        tmp_path.joinpath(name).touch()
    assert recovery(tmp_path / broken).startswith(says)
