"""The sandbox's deployment as `azd env get-values` writes a real one: the lines of .env.

Runs in the sandbox's container, too: docker compose exec -T sandbox python - <this file.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.deployment import load
from sandbox.state import State

# Not from azd: made for Container Apps, or put into the container another way.
_OF_APPS = ("AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS", "CATALOG_ENDPOINT")


def as_azd_gives(state: State) -> Mapping[str, str]:
    """The values that compose takes from .env, of the deployment that the sandbox is."""
    values = {}
    for app in load(state).apps:
        own = {name: value for name, value in app.environment.items() if name not in _OF_APPS}
        settings = [{"name": name, "value": value} for name, value in own.items()]
        values[f"{app.name.upper()}_SETTINGS"] = json.dumps(settings)
    return values


if __name__ == "__main__":
    for name, value in as_azd_gives(State.open(Path(os.environ["KEYLESS_STATE"]))).items():
        print(f"{name}={json.dumps(value)}")
