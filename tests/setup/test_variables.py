"""Where packages come from is for the user to say; where they go is not."""

import pytest

from setup.paths import HOME, VENV
from setup.variables import addresses, of_a_step, of_a_trial, of_the_command_line

COME_FROM = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_CERT",
    "PIP_PROXY",
    "PIP_TRUSTED_HOST",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_COMPANY_PASSWORD",
    "UV_NATIVE_TLS",
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
    "npm_config_https_proxy",
    "npm_config_cafile",
    "npm_config_strict-ssl",
    "npm_config_//registry.example.org/:_authToken",
    "npm_config_@company:registry",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
]
GO_TO = [
    "PIP_TARGET",
    "PIP_USER",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_NO_DEPS",
    "PIP_ONLY_BINARY",
    "PIP_CONSTRAINT",
    "UV_SYSTEM_PYTHON",
    "UV_PYTHON",
    "UV_NO_BUILD",
    "npm_config_global",
    "npm_config_prefix",
    "npm_config_dry_run",
    "npm_config_omit",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
]


@pytest.mark.parametrize("name", COME_FROM)
def test_where_packages_come_from_reaches_a_step(name: str) -> None:
    assert of_a_step({name: "x"})[name] == "x"


@pytest.mark.parametrize("name", GO_TO)
def test_where_they_go_does_not(name: str) -> None:
    assert name not in of_a_step({name: "x"})


def test_what_says_neither_reaches_a_step() -> None:
    given = {
        "HOME": "/h",
        "LANG": "C",
        "CC": "clang",
        "TMPDIR": "/t",
        "PYTHON_KEYRING_BACKEND": "k",
    }
    assert of_a_step(given).items() > given.items()


@pytest.mark.parametrize(
    ("tool", "named"),
    [
        ("pip", ["HTTPS_PROXY", "PIP_FIND_LINKS", "PIP_INDEX_URL", "no_proxy"]),
        ("uv", ["HTTPS_PROXY", "UV_DEFAULT_INDEX", "no_proxy"]),
        ("npm", ["HTTPS_PROXY", "no_proxy", "npm_config_https_proxy", "npm_config_registry"]),
    ],
)
def test_the_addresses_of_one_tool_are_named(tool: str, named: list[str]) -> None:
    given = dict.fromkeys((*COME_FROM, *GO_TO), "")
    given |= dict.fromkeys(("PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT"), "x")
    given |= dict.fromkeys(("UV_DEFAULT_INDEX", "npm_config_registry", "npm_config_cafile"), "x")
    given |= dict.fromkeys(("npm_config_https_proxy", "HTTPS_PROXY", "no_proxy"), "x")
    assert addresses(given, tool) == named


def test_the_environments_own_programs_come_first() -> None:
    assert of_a_step({"PATH": "/usr/bin"})["PATH"] == f"{VENV}/bin:/usr/bin"


def test_options_for_node_reach_npm_and_not_what_is_tried() -> None:
    given = {"NODE_OPTIONS": "--use-openssl-ca"}
    assert of_a_step(given).items() > given.items()
    assert "NODE_OPTIONS" not in of_a_trial(given)


def test_the_command_line_is_the_clones_and_knows_the_node() -> None:
    dropped = dict.fromkeys(("PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONDONTWRITEBYTECODE"), "1")
    given = {**dropped, "PYTHONPATH": "/x", "PIP_TARGET": "/x"}
    found = of_the_command_line(given, "/a/node")
    own = {"PYTHONPATH": str(HOME), "KEYLESS_NODE": "/a/node"}
    assert found == {"PIP_TARGET": "/x", "KEYLESS_PYTHONPATH": "/x", **own}
    assert of_the_command_line({}, "/a/node") == own
