"""The vault's file: private, encrypted, and whole after a kill."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.keyvault import DatabaseError, load_key
from sandbox.keyvault.database import Database
from sandbox.keyvault.encryption import DecryptionError, Encryption
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.keyvault.store import LiveSecrets
from sandbox.state import State
from tests.sandbox.keyvault.harness import KEY, OFFICER, RunningVault

WRITER = """
import sys
from pathlib import Path
from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.keyvault.store import LiveSecrets

secrets = LiveSecrets(Database(Path(sys.argv[1]), bytes(range(32))))
for number in range(100_000):
    stored = secrets.put(f"secret-{number % 7}", NewSecret(str(number), Properties()), number)
    print(stored.version, number, flush=True)
"""


def test_no_value_stands_in_the_files_and_no_other_user_may_read_them(
    running: RunningVault,
) -> None:
    running.client(OFFICER).set_secret("one", "a-value-to-look-for")
    files = list(running.folder.glob("vault.db*"))
    assert {each.name for each in files} == {"vault.db", "vault.db-wal", "vault.db-shm"}
    for each in files:
        assert each.stat().st_mode & 0o777 == 0o600
        assert b"a-value-to-look-for" not in each.read_bytes()


def test_an_acknowledged_write_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line for line in writer.stdout if line.endswith("\n")]
    secrets = LiveSecrets(Database(path, KEY))
    for line in acknowledged:
        version, number = line.split()
        found = secrets.get(f"secret-{int(number) % 7}", version)
        assert found is not None
        assert secrets.value(found) == number


def test_another_key_opens_nothing_and_says_so(tmp_path: Path) -> None:
    Database(tmp_path / "vault.db", KEY).close()
    with pytest.raises(DatabaseError, match="is encrypted with another key"):
        Database(tmp_path / "vault.db", bytes(32))


def test_a_file_of_another_layout_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    Database(path, KEY).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(DatabaseError, match="has layout 7; this sandbox knows 1"):
        Database(path, KEY)


def test_a_file_that_is_no_database_or_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_text("not a database, but long enough to look like one" * 10)
    with pytest.raises(DatabaseError, match=r"vault.db is broken: file is not a database; move it"):
        Database(tmp_path / "vault.db", KEY)
    with pytest.raises(DatabaseError, match=r"cannot use .*vault.db"):
        Database(tmp_path / "none" / "vault.db", KEY)


def test_a_value_cannot_be_passed_off_as_another_secrets(tmp_path: Path) -> None:
    database = Database(tmp_path / "vault.db", KEY)
    secrets = LiveSecrets(database)
    low = secrets.put("low", NewSecret("low value", Properties()), 0)
    secrets.put("high", NewSecret("high value", Properties()), 0)
    database.change(
        "UPDATE version SET sealed = (SELECT sealed FROM version WHERE key = 'high')"
        " WHERE key = 'low'"
    )
    with pytest.raises(DecryptionError):
        secrets.value(low)


def test_a_value_is_decrypted_at_its_own_place_only() -> None:
    encryption = Encryption(KEY)
    encrypted = encryption.encrypt(b"value", "here")
    assert encryption.decrypt(encrypted, "here") == b"value"
    assert encryption.encrypt(b"value", "here") != encrypted
    for broken, place in ((encrypted, "there"), (encrypted[:-1], "here"), (b"", "here")):
        with pytest.raises(DecryptionError):
            encryption.decrypt(broken, place)
    with pytest.raises(ValueError, match="32 bytes"):
        Encryption(b"short")


def test_the_states_own_key_is_made_once_and_private(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    key = load_key(state)
    assert load_key(state) == key
    assert len(key) == 32
    assert state.path("vault.key").stat().st_mode & 0o777 == 0o600


def test_no_repr_shows_a_value() -> None:
    assert "value" not in repr(NewSecret("value", Properties())).replace("value=", "")
