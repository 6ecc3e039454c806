"""The text that the signature of a SAS covers, by its kind and its version.

https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
https://learn.microsoft.com/rest/api/storageservices/create-service-sas
https://learn.microsoft.com/rest/api/storageservices/create-account-sas
"""

from collections.abc import Mapping

from sandbox.storage.request import Target

# The header of an answer that each of these fields replaces.
OVERRIDES: Mapping[str, str] = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}
# The claims of a user delegation key.
OF_THE_KEY = ("skoid", "sktid", "skt", "ske", "sks", "skv")


def by_a_user(target: Target, account: str) -> str:
    """Return the text of a user delegation SAS.

    The page has the versions until 2020-12-06; the later fields are those that azure-storage-blob
    12.31.1 signs for Python, and @azure/storage-blob 12.32 for JavaScript.
    """
    sas, fields = target.sas, _Fields(target.sas)
    return "\n".join(
        [
            *fields.all("sp", "st", "se"),
            _canonical(target, account),
            *fields.all(*OF_THE_KEY),
            *fields.since("2020-02-10", "saoid", "suoid", "scid"),
            *fields.since("2025-07-05", "skdutid", "sduoid"),
            *fields.all("sip", "spr", "sv", "sr"),
            target.parameters.get("snapshot", "") if sas["sr"] == "bs" else "",
            *fields.since("2020-12-06", "ses"),
            *fields.since("2026-04-06", "srh", "srq"),
            *fields.all(*OVERRIDES),
        ]
    )


def by_a_key(target: Target, account: str) -> str:
    """Return the text of a service SAS."""
    fields = _Fields(target.sas)
    snapshot = target.parameters.get("snapshot", "") if target.sas["sr"] == "bs" else ""
    return "\n".join(
        [
            *fields.all("sp", "st", "se"),
            _canonical(target, account),
            *fields.all("si", "sip", "spr", "sv"),
            *fields.since("2018-11-09", "sr"),
            *([snapshot] if target.sas["sv"] >= "2018-11-09" else []),
            *fields.since("2020-12-06", "ses"),
            *fields.all(*OVERRIDES),
        ]
    )


def for_an_account(sas: Mapping[str, str], account: str) -> str:
    """Return the text of an account SAS."""
    fields = _Fields(sas)
    return "\n".join(
        [
            account,
            *fields.all("sp", "ss", "srt", "st", "se", "sip", "spr", "sv"),
            *fields.since("2020-12-06", "ses"),
            "",
        ]
    )


class _Fields:
    def __init__(self, sas: Mapping[str, str]) -> None:
        self._sas = sas

    def all(self, *names: str) -> list[str]:
        """Return these fields; one that the SAS does not have is empty."""
        return [self._sas.get(name, "") for name in names]

    def since(self, version: str, *names: str) -> list[str]:
        """Return these fields if the SAS is of `version`, or of a later one."""
        return self.all(*names) if self._sas["sv"] >= version else []


def _canonical(target: Target, account: str) -> str:
    of_the_blob = "" if target.sas["sr"] == "c" else f"/{target.blob}"
    return f"/blob/{account}/{target.container}{of_the_blob}"
