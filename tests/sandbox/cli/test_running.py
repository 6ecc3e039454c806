"""A sandbox that is started in the background is told what the command was told."""

from pathlib import Path

from tests.conftest import keyless


def test_an_option_counts_and_not_what_the_environment_says(tmp_path: Path) -> None:
    options = ("--detach", "--port", "0", "--assume", "vault-missing=role")
    started = keyless(tmp_path, "up", *options, KEYLESS_ASSUME="vault-missing=existence")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        said = keyless(tmp_path, "status").stdout
    finally:
        keyless(tmp_path, "down")
    assert "gallery" in said
    assert "assumed" not in said
