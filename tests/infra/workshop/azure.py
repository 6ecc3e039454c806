"""A subscription behind a stand-in of `az`, with groups, roles and vaults.

It refuses the requests for them that Azure refuses. That the real one agrees was not tried.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUBSCRIPTION = "5ab5c21b-0000-4000-8000-000000000000"
ROLES = ("Blob Depositor", "Blob Keeper", "Key Setter")
_PROGRAM = """#!{python}
import json, pathlib, sys
file = pathlib.Path(__file__).with_name("state.json")
state, asked = json.loads(file.read_text()), sys.argv[1:]
options = {{}}
for each in asked:
    if each.startswith("--"):
        name = options.setdefault(each, []) and each or each
    elif options:
        options[name].append(each)
one = {{key: " ".join(value) for key, value in options.items()}}
words = " ".join(asked[: next(i for i, each in enumerate(asked) if each.startswith("--"))])
state["asked"].append([words, asked])


def answer(value=None):
    file.write_text(json.dumps(state))
    if value is not None:
        print(json.dumps(value))
    sys.exit()


def refuse(sentence):
    file.write_text(json.dumps(state))
    sys.exit(f"ERROR: {{sentence}}")


groups, name = state["groups"], one.get("--name", "")
if words in state["refused"] and state["refused"][words] in json.dumps(one):
    refuse("(AuthorizationFailed)")
if words == "account show":
    answer("{subscription}")
if words == "provider list":
    answer(state["providers"])
if words == "provider register":
    state["providers"].append(one["--namespace"])
    answer()
if words == "containerapp list-usages":
    answer({{"value": [{{"name": {{"value": "ManagedEnvironmentCount"}}, "limit": state["room"],
                        "usage": 0}}]}})
if words == "ad user show":
    if one["--id"] not in state["users"]:
        refuse(f"Resource '{{one['--id']}}' does not exist.")
    answer(state["users"][one["--id"]])
if words == "deployment sub create":
    suffix = one["--parameters"].partition("=")[2]
    state["roles"] = [f"Keyless {{each}} ({{suffix}})" for each in {roles}]
    names = ("CUSTOM_ROLE_DEPOSITOR", "CUSTOM_ROLE_KEEPER", "CUSTOM_ROLE_KEY_SETTER")
    outputs = {{each: {{"type": "String", "value": f"id-of-{{each}}"}} for each in names}}
    answer({{"properties": {{"outputs": outputs}}}})
if words == "group list":
    answer([{{"name": key, **value}} for key, value in groups.items()])
if words == "group create":
    if groups.get(name, one)["location" if name in groups else "--location"] != one["--location"]:
        refuse("(InvalidResourceGroupLocation)")
    key, _, value = one["--tags"].partition("=")
    groups[name] = {{"location": one["--location"], "tags": {{key: value}}}}
    answer({{"name": name}})
if words == "deployment group create":
    if one["--resource-group"] not in groups:
        refuse("(ResourceGroupNotFound)")
    given = options["--parameters"]
    state["deployers"][one["--resource-group"]] = dict(each.split("=", 1) for each in given)
    answer({{"properties": {{}}}})
if words == "group delete":
    assert "--yes" in one, "it would ask"
    groups.pop(name)
    state["deleted"] += [f"{{name}}/{{each}}" for each in state["vaults"].pop(name, [])]
    state["deployers"].pop(name, None)
    answer()
if words == "group wait":
    answer()
if words == "keyvault list":
    answer(state["vaults"].get(one["--resource-group"], []))
if words == "keyvault list-deleted":
    scope = "/subscriptions/{subscription}/resourceGroups"
    kind = "providers/Microsoft.KeyVault/vaults"
    pairs = [each.split("/") for each in state["deleted"]]
    answer([{{"name": each, "properties": {{"vaultId": f"{{scope}}/{{group}}/{{kind}}/{{each}}"}}}}
            for group, each in pairs])
if words == "keyvault purge":
    state["deleted"] = [each for each in state["deleted"] if not each.endswith("/" + name)]
    answer()
if words == "role definition list":
    answer([{{"roleName": each}} for each in state["roles"]])
if words == "role definition delete":
    if state["lingers"]:
        state["lingers"] -= 1
        refuse("(RoleDefinitionHasAssignments) There are existing role assignments.")
    state["roles"].remove(name)
    answer()
refuse(f"the stand-in has no {{words}}")
"""


@dataclass(frozen=True)
class Azure:
    """The subscription, and the requests to it."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path, **given: Any) -> "Azure":
        """Put the program into a folder, with a subscription that holds the given resources."""
        program = folder / "az"
        filled = _PROGRAM.format(python=sys.executable, subscription=SUBSCRIPTION, roles=ROLES)
        program.write_text(filled)
        program.chmod(0o755)
        empty: Mapping[str, Any] = {
            **{each: {} for each in ("groups", "vaults", "users", "refused", "deployers")},
            **{each: [] for each in ("asked", "roles", "deleted", "providers")},
            **{"room": 15, "lingers": 0},
        }
        (folder / "state.json").write_text(json.dumps({**empty, **given}))
        return cls(folder)

    def __getitem__(self, name: str) -> Any:
        return json.loads((self.folder / "state.json").read_text())[name]

    def __setitem__(self, name: str, value: Any) -> None:
        state = json.loads((self.folder / "state.json").read_text())
        (self.folder / "state.json").write_text(json.dumps({**state, name: value}))

    @property
    def writes(self) -> Sequence[str]:
        """The commands so far that change something."""
        changing = {"create", "delete", "purge", "register"}
        return [words for words, _ in self["asked"] if changing & set(words.split())]
