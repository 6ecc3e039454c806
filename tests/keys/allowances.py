"""Text that looks like a key and is not one, each with its reason. An unused allowance fails.

Each allows one kind, in the files that `where` names, inside what `text` matches and no further.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.keys.scan import Finding

KEYWORD = "Secret Keyword"
CALL = "Call that returns keys"
ADDRESS = "Basic Auth Credentials"


@dataclass(frozen=True)
class Allowance:
    """`where` is a pattern of paths, `text` a regular expression for part of a line."""

    kind: str
    where: str
    text: str
    why: str

    def covers(self, finding: Finding) -> bool:
        """Return whether this explains the whole of a finding."""
        if finding.kind != self.kind or not fnmatchcase(finding.where, self.where):
            return False
        return any(finding.secret in each[0] for each in re.finditer(self.text, finding.text))


STATIC: Sequence[Allowance] = (
    Allowance(
        KEYWORD,
        "*",
        r"Microsoft\.KeyVault/vaults/secrets[\w/]*",
        "The name of a right on secrets.",
    ),
    Allowance(
        KEYWORD,
        "*",
        r"4633458b-17de-408a-b874-0445c86b69e6",
        "The id of the role Key Vault Secrets User, the same in every tenant.",
    ),
    Allowance(KEYWORD, "*", r"webhook-signing-key", "The name of the one secret in the vault."),
    Allowance(
        KEYWORD,
        "docs/add-a-service/costs.diff",
        r"SECRET_AGE = \d+ .*",
        "How long a secret is kept, in seconds.",
    ),
    Allowance(
        KEYWORD,
        "requirements/*.txt",
        r"(azure-keyvault-secrets|detect-secrets)==[\d.]+ \\",
        "A package's name and version.",
    ),
    Allowance(
        KEYWORD,
        "examples/second-service/Dockerfile",
        r"azure-keyvault-secrets==[\d.]+ \\",
        "A package's name and version.",
    ),
    Allowance(
        KEYWORD,
        "sandbox/keyvault/secret.py",
        r"`exp` and `nbf` inform, `enabled`",
        "Prose about a secret's attributes.",
    ),
    Allowance(
        KEYWORD,
        "tests/keys/detectors.py",
        r'secret_type = "[A-Za-z ()]+"',
        "The name of a kind, in detect-secrets' own word for it.",
    ),
    Allowance(
        KEYWORD,
        "tests/*.py",
        r"\"(a secret|secret of gateway|another-secret|not-one|x|p@ss|secret|a\$\{HOME\}b)\"",
        "Words that tests say, and nothing takes.",
    ),
    Allowance(
        ADDRESS,
        "tests/*.py",
        r"://(me:pass|me:a-token|me:p%40ss|user:secret|keyless:a-key)@",
        "Addresses that tests see refused, or kept out of a log.",
    ),
    Allowance(
        CALL,
        "tests/sandbox/deployment/*.py",
        r"listKeys\(",
        "Templates with a call that the sandbox does not evaluate.",
    ),
    Allowance(
        CALL,
        "tests/deployments/*",
        r"list(Keys|Credentials|ConnectionStrings)\(",
        "Templates in the shapes of public projects, with calls that the sandbox leaves out.",
    ),
    Allowance(
        KEYWORD,
        "tests/deployments/*",
        r"secretsOfficer: '[0-9a-f-]{36}'|ecretRef\"?: .(?:registry|bus)\b",
        "The id of a role, and the names of secrets whose values are left out.",
    ),
    Allowance(
        KEYWORD,
        "tests/sandbox/deployment/test_left_out.py",
        r'"secretRe[f]": "key"',
        "The name of a secret whose value is left out.",
    ),
    Allowance(
        KEYWORD,
        "tests/e2e/test_assign_by_hand.py",
        r'"Key Vault Secrets User"',
        "The name of a role.",
    ),
    Allowance(
        KEYWORD,
        "tests/sandbox/entra/test_federation.py",
        r'"client_secre[t]": "guessed"',
        "A guess that a test sees refused.",
    ),
    Allowance(
        CALL,
        "tests/infra/rehearsal/*",
        r"listKeys\('(store|id)', '[\w-]+'\)",
        "Templates that a rehearsal reads: no Azure is asked.",
    ),
    Allowance(
        KEYWORD,
        "tests/infra/rehearsal/*",
        r'"secret(?:Name)": "s"',
        "A parameter that would come from a vault, if the template were deployed.",
    ),
    Allowance(
        "Credential made of a key",
        "tests/*.py",
        r"AzureSasCredential\(",
        "A SAS that tests make up, and see refused.",
    ),
    Allowance(
        "Credential made of a key",
        "tests/sandbox/storage/test_*key*.py",
        r"AzureNamedKeyCredential\(",
        "A key that the sandbox makes for a test's account, where the account allows keys.",
    ),
    Allowance(
        CALL,
        "docs/your-deployment.md",
        r"`?listKeys\(",
        "A note that names the call, which the sandbox does not evaluate.",
    ),
    Allowance(
        "Credential made of a key",
        "docs/from-a-connection-string.md",
        r"ClientSecretCredential\(",
        "The lines that the page replaces by a managed identity; nothing runs them.",
    ),
    Allowance(
        "Storage account key",
        "tests/sandbox/storage/test_confusions.py",
        r"\"Eby8vdM02x[^\"]+\"",
        "The key that Azurite's documentation publishes: seen not to be the one of ours.",
    ),
    Allowance(
        "Storage account key",
        "sandbox/storage/azurite/package-lock.json",
        r'"integrity": "sha512-[^"]+"',
        "The hash of a package, which is as long as an account key.",
    ),
    Allowance(
        CALL,
        "sandbox/deployment/expressions.py",
        r"listKeys\(",
        "The refusal to evaluate it says its name.",
    ),
)

RUNNING: Sequence[Allowance] = (
    Allowance(
        "Identity header",
        "environment of *",
        r"^IDENTITY_HEADER=[0-9a-f]{32}$",
        "Container Apps gives it to each app, against forged requests of the app itself. "
        "It is of use at the app's own identity endpoint alone.",
    ),
    Allowance(
        KEYWORD,
        "environment of notifier",
        r"^WEBHOOK_SECRET_NAME=webhook-signing-key$",
        "The secret's name. Its value comes from the vault, to who has the role.",
    ),
    Allowance(
        "Application Insights connection string",
        "environment of *",
        r"^APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=[0-9a-f-]{36};",
        "With local authentication off it is an address: who sends needs a token, and a role.",
    ),
    Allowance(
        "Storage account key",
        "environment of azurite",
        r"^AZURITE_ACCOUNTS=\w+:[A-Za-z0-9+/]{86}==$",
        "Azurite has no other way in. The key is made at each start, for the sandbox and Azurite; "
        "no service gets it, and there is none on Azure.",
    ),
)


def unexplained(findings: Sequence[Finding], allowances: Sequence[Allowance]) -> Sequence[Finding]:
    """Return the findings that no allowance covers."""
    return [each for each in findings if not any(one.covers(each) for one in allowances)]


def unused(findings: Sequence[Finding], allowances: Sequence[Allowance]) -> Sequence[Allowance]:
    """Return the allowances that cover no finding."""
    return [one for one in allowances if not any(one.covers(each) for each in findings)]
