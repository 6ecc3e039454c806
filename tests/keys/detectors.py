"""Azure's kinds of keys that detect-secrets lacks, as detectors of its own form."""

import re
from collections.abc import Iterable, Sequence

from detect_secrets.plugins.base import RegexBasedDetector

# Base64 as it stands in a file; in an address, where / + and = are written by their numbers; and in
# the JSON of who writes them so, too.
_LETTER = r"(?:[A-Za-z0-9+/]|%2[bBfF]|\\/|\\u002[bBfF])"
_PAD = r"(?:=|%3[dD]|\\u003[dD])"
_NO_LETTER_BEFORE = r"(?<![A-Za-z0-9+/])"


class _Detector(RegexBasedDetector):
    """A detector of one expression, with at most one group, which is the secret."""

    expression = ""

    @property
    def denylist(self) -> Iterable[re.Pattern[str]]:
        return (re.compile(self.expression, re.ASCII),)


class AccountKey(_Detector):
    """64 bytes of base64, as all account keys of Storage are."""

    secret_type = "Storage account key"
    expression = rf"{_NO_LETTER_BEFORE}{_LETTER}{{86}}{_PAD}{{2}}"


class SharedAccessSignature(_Detector):
    """The signature of a SAS, of Storage or of Service Bus: 32 bytes of base64."""

    secret_type = "Shared access signature (SAS)"
    expression = rf"\bsig={_LETTER}{{43}}{_PAD}"


class SharedAccessKey(_Detector):
    """The key in a connection string of Service Bus, or by its name alone: 32 bytes of base64."""

    secret_type = "Service Bus connection string"
    expression = (
        rf"(?i:SharedAccessKey|(?:primary|secondary)_?key)(?:\\?[\"'])?\s?[=:]\s?(?:\\?[\"'])?"
        rf"{_LETTER}{{43}}{_PAD}"
    )


class ClientSecret(_Detector):
    """The shape of those that Entra ID makes: a digit and `Q~` after three characters."""

    secret_type = "Entra ID client secret"
    expression = r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"


class InsightsString(_Detector):
    """The connection string of Application Insights."""

    secret_type = "Application Insights connection string"
    expression = r"(?i:InstrumentationKey)=[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class PasswordInString(_Detector):
    """A password among the parts of any other connection string."""

    secret_type = "Connection string with a password"
    expression = r";\s*(?i:Password|Pwd)=[^;\"'\s{}<$]+"


class IdentityHeader(_Detector):
    """The header of the identity endpoint: a reader of it gets the app's tokens."""

    secret_type = "Identity header"
    expression = r"(?i:IDENTITY[_-]HEADER)[\"']?\s*[=:]\s*[\"']?[0-9a-zA-Z-]{16,}"


class WebhookKey(_Detector):
    """A signing key of Standard Webhooks, 24 to 64 bytes of base64 (standardwebhooks.com)."""

    secret_type = "Webhook signing key"
    expression = rf"\bwhsec_{_LETTER}{{32,86}}"


class CallForKeys(_Detector):
    """A call by which a template, a program or a script gets keys of Azure Resource Manager."""

    secret_type = "Call that returns keys"
    expression = (
        r"\b(?i:list[a-z]*(?:Keys|Sas|Secrets|ConnectionStrings|Credentials)"
        r"|list_(?:[a-z]+_)*(?:keys|sas|connection_strings))\s*\("
        r"|\baz (?:[a-z-]+ )+(?:keys? (?:list|renew)|credential (?:show|renew)|generate-sas"
        r"|show-connection-string|create-for-rbac)\b"
    )


class KeyCredential(_Detector):
    """A credential of the SDKs that is made of a key, a secret or a SAS, whatever it is given."""

    secret_type = "Credential made of a key"
    expression = (
        r"\b(?:Azure(?:Named)?Key|AzureSas|SharedKey|StorageSharedKey|ClientSecret|Certificate"
        r"|UsernamePassword)Credential\s*\("
    )


class BearerToken(_Detector):
    """A token in a header, of whatever form."""

    secret_type = "Bearer token"
    expression = r"\bBearer (?=[\w.+/~-]*\d)[\w.+/~-]{24,}"


class NamedToken(_Detector):
    """A value named a token that has a token's length: detect-secrets knows no such name."""

    secret_type = "Token by its name"
    expression = (
        r"(?i:token)\w*[\"']?\s?[:=]\s?"
        r"(?:[\"'](?=\D*\d)[\w.+/~-]{24,}={0,2}[\"']|(?=[A-Za-z_+/-]*\d)[\w+/-]{24,}(?![\w.(]))"
    )


OURS: Sequence[type[_Detector]] = (
    AccountKey,
    SharedAccessSignature,
    SharedAccessKey,
    ClientSecret,
    InsightsString,
    PasswordInString,
    IdentityHeader,
    WebhookKey,
    CallForKeys,
    KeyCredential,
    BearerToken,
    NamedToken,
)
