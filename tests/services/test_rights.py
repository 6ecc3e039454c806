"""Each service proves exactly the rights that it has, once, before it is ready."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

SNAPSHOT = Path(__file__).parents[2] / "infra" / "bicep" / "sandbox.snapshot.json"
RIGHTS = {
    "gateway": [
        ("create", "container originals"),
        ("tags", "container originals"),
        ("read", "container thumbnails"),
        ("send", "queue photo-uploads"),
        ("Catalog.Read", "catalog"),
    ],
    "thumbnailer": [
        ("read", "container originals"),
        ("read", "container thumbnails"),
        ("write", "container thumbnails"),
        ("send", "topic photo-events"),
        ("receive", "queue photo-uploads"),
        ("receive", "queue photo-uploads/$DeadLetterQueue"),
    ],
    "catalog": [
        ("read", "container catalog"),
        ("write", "container catalog"),
        ("list", "container catalog"),
        ("receive", "photo-events/subscriptions/catalog"),
        ("fetch keys", "Entra"),
    ],
    "notifier": [
        ("get", "secret webhook-signing-key"),
        ("receive", "photo-events/subscriptions/notifier"),
    ],
}


def deployed(name: str) -> dict[str, str]:
    """The environment that the Bicep gives a service; what is known only later is made up."""
    resources = json.loads(SNAPSHOT.read_text())["predictedResources"]
    [app] = [
        each
        for each in resources
        if each["type"] == "Microsoft.App/containerApps" and each["name"] == name
    ]
    [container] = app["properties"]["template"]["containers"]
    env = {each["name"]: each["value"] for each in container["env"]}
    made_up = {
        "AZURE_CLIENT_ID": "2a9c9b7e-1111-4222-8333-444455556666",
        "CATALOG_ENDPOINT": "https://catalog.example.com",
        "AZURE_STORAGE_BLOB_ENDPOINT": "https://stkeyless.blob.core.windows.net/",
        "AZURE_KEY_VAULT_ENDPOINT": "https://kv-keyless.vault.azure.net/",
        "TRUSTED_HOSTS": "gateway.example.com",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=made-up",
    }
    return {k: made_up[k] if v.startswith("[") else v for k, v in env.items()}


@pytest.mark.parametrize("name", RIGHTS)
def test_a_service_starts_with_what_the_bicep_gives_it_and_proves_each_of_its_rights(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting, value in deployed(name).items():
        monkeypatch.setenv(setting, value)
    module: Any = importlib.import_module(f"services.{name}.app")
    settings = importlib.import_module(f"services.{name}.settings").Settings(deployed(name))
    answer = module.create_app(settings).test_client().get("/readyz")
    expected: list[dict[str, str]] = [
        {"operation": operation} | ({} if name == "gateway" else {"scope": scope})
        for operation, scope in RIGHTS[name]
    ]
    assert answer.get_json() == {"ok": False, "failing": expected}


@pytest.mark.parametrize(
    ("name", "right"),
    [("gateway", {"operation": "list"}), ("catalog", None)],
)
def test_where_the_catalog_asks_for_no_token_nobody_proves_one(
    name: str, right: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = deployed(name) | {"CATALOG_AUDIENCE": "none"}
    for setting, value in environment.items():
        monkeypatch.setenv(setting, value)
    module: Any = importlib.import_module(f"services.{name}.app")
    settings = importlib.import_module(f"services.{name}.settings").Settings(environment)
    failing = module.create_app(settings).test_client().get("/readyz").get_json()["failing"]
    assert len(failing) == len(RIGHTS[name]) - (right is None)
    assert right is None or right in failing
