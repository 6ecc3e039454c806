"""A photo, sent from the host to a gallery that runs in containers."""

import json
import subprocess
import sys
from pathlib import Path

from cli.photos import uploads
from tests.containers.engine import Engine

# From the host: upload a photo, and wait for its outcome.
_UPLOAD = """
import json, sys, time, requests
gallery, path = sys.argv[1:]
host = {"Host": "127.0.0.1:8080"}
with open(path, "rb") as photo:
    sent = requests.post(f"{gallery}/photos", files={"photo": photo}, headers=host, timeout=60)
assert sent.status_code == 202, (sent.status_code, sent.text)
until, found = time.monotonic() + 120, {}
while found.get("state") not in ("processed", "rejected") and time.monotonic() < until:
    time.sleep(0.1)
    found = requests.get(f"{gallery}/photos/{sent.json()['id']}", headers=host, timeout=60).json()
print(json.dumps(found))
"""


def send_a_photo(engine: Engine, gallery: str, folder: Path, number: int = 0) -> dict[str, str]:
    """Send a photo and wait; returns the outcome."""
    photo = folder / "photo"
    photo.write_bytes(uploads()[number].content)
    command = ["ip", "netns", "exec", engine.networks.host, sys.executable, "-c", _UPLOAD]
    done = subprocess.run(
        [*command, gallery, str(photo)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found
