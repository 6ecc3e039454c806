"""Makes listed.json: Azure's roles for data that the sandbox could serve, and the general ones.

    .venv/bin/python -m tests.recorded.roles.listed ../iam-dataset

takes a clone of https://github.com/iann0036/iam-dataset, which keeps the answer of `az role
definition list`. `--write` also brings builtin_roles.json up to date. The other file, facts.json,
holds the documentation's word on the roles that remedies name.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.recorded.roles.facts import BUILT_IN, KINDS, commit_of, repository_of

LISTED = Path(__file__).with_name("listed.json")
SOURCE = "azure/built-in-roles-raw.json"
# Storage beside blobs, and keys, too: deployments assign these to the same identities.
_DATA = re.compile(r"(\*|Microsoft\.(Storage|KeyVault|ServiceBus|Insights)/)", re.IGNORECASE)
_GENERAL = frozenset(
    {
        "AcrDelete",
        "Application Insights Component Contributor",
        "Key Vault Contributor",
        "Log Analytics Contributor",
        "Log Analytics Reader",
        "Managed Identity Contributor",
        "Managed Identity Operator",
        "Monitoring Contributor",
        "Monitoring Reader",
        "Reader and Data Access",
        "Storage Account Contributor",
        "Storage Account Key Operator Service Role",
        "Website Contributor",
    }
)


def listed(definitions: list[Mapping[str, Any]], named: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield the wanted roles that are not `named` by id elsewhere, without a description.

    Roles of several permissions, or of one with a condition, are no facts of the sandbox: it
    evaluates neither.
    """
    for each in definitions:
        permissions = each["permissions"]
        if each["name"] in named or len(permissions) != 1 or permissions[0].get("condition"):
            continue
        (permission,) = permissions
        on_data = any(map(_DATA.match, permission["dataActions"]))
        if on_data or each["roleName"] in _GENERAL:
            actions = {kind: sorted(permission[kind]) for kind in KINDS if permission[kind]}
            yield {"id": each["name"], "name": each["roleName"]} | actions


def main() -> None:
    """Write listed.json from the clone that the command line names."""
    clone = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if clone is None or not (clone / SOURCE).is_file():
        sys.exit("usage: python -m tests.recorded.roles.listed <clone of iann0036/iam-dataset>")
    sandboxes = json.loads(BUILT_IN.read_text("utf-8"))
    named = frozenset(each["id"] for each in sandboxes["roles"])
    definitions = json.loads((clone / SOURCE).read_text("utf-8"))
    roles = sorted(listed(definitions, named), key=lambda each: str(each["name"]))
    source = {"repository": repository_of(clone), "commit": commit_of(clone, clone / SOURCE)}
    LISTED.write_text(json.dumps(source | {"roles": roles}, indent=1) + "\n", "utf-8")
    if "--write" in sys.argv:
        text = json.dumps(sandboxes | {"others": roles}, indent=2)
        BUILT_IN.write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
