"""Azure's kinds of keys that detect-secrets lacks, as detectors of its own form."""

import re
from collections.abc import Iterable, Sequence

from detect_secrets.plugins.base import RegexBasedDetector

# Base64 as it stands in a file, or in an address, where / + and = are written by their numbers.
_LETTER = r"(?:[A-Za-z0-9+/]|%2[bBfF])"
_PAD = r"(?:=|%3[dD])"
_NO_LETTER_BEFORE = r"(?<![A-Za-z0-9+/])"


class _Detector(RegexBasedDetector):
    """One expression, with at most one group, which is the secret."""

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
    """The key in a connection string of Service Bus: 32 bytes of base64."""

    secret_type = "Service Bus connection string"
    expression = rf"SharedAccessKey={_LETTER}{{43}}{_PAD}"


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
    """The header of the identity endpoint: whoever knows it, gets the app's tokens there."""

    secret_type = "Identity header"
    expression = r"(?i:IDENTITY[_-]HEADER)[\"']?\s*[=:]\s*[\"']?[0-9a-zA-Z-]{16,}"


class WebhookKey(_Detector):
    """A signing key of Standard Webhooks, 24 to 64 bytes of base64 (standardwebhooks.com)."""

    secret_type = "Webhook signing key"
    expression = rf"\bwhsec_{_LETTER}{{32,86}}"


class CallForKeys(_Detector):
    """A call by which a template, or a program at Azure Resource Manager, gets keys."""

    secret_type = "Call that returns keys"
    expression = (
        r"\b(?i:list[a-z]*(?:Keys|Sas|Secrets|ConnectionStrings|Credentials)"
        r"|list_(?:[a-z]+_)*(?:keys|sas|connection_strings))\s*\("
    )


class NamedToken(_Detector):
    """What is called a token and has a token's length: detect-secrets knows no such name."""

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
    NamedToken,
)
