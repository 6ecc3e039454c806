"""The questions about the identity endpoint that only an app's own code can ask.

Only the standard library: `./keyless report` sends this file to a console inside an app.
"""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The prefix of a line with an answer, and the last line.
ANSWER, END = "keyless-answer", "keyless-end"
UNKNOWN = "-"

# Seconds. Microsoft's clients count a token with less life left as expired.
_MARGIN = 5 * 60
_UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"
# The endpoint is on loopback, which a proxy does not reach.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoAnswerError(Exception):
    """The endpoint gives the app no token for its own identity, or one with much life left."""


@dataclass(frozen=True)
class Token:
    """A token, never to be printed; `expires_on` is in seconds since the epoch."""

    text: str = field(repr=False)
    expires_on: int


@dataclass(frozen=True)
class Surroundings:
    """The identity endpoint of an app's code.

    `own` is the client id of its identity, `kept` the resource id of one whose lifecycle is None.
    """

    endpoint: str
    header: str
    own: str
    kept: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Surroundings":
        """Read Container Apps' variables, and KEPT_IDENTITY. Raises KeyError."""
        return cls(
            environment["IDENTITY_ENDPOINT"],
            environment["IDENTITY_HEADER"],
            environment["AZURE_CLIENT_ID"],
            environment["KEPT_IDENTITY"],
        )

    def ask(self, header: str = "", **identity: str) -> int:
        """Request a token as the app's code does, or with another `header`; return the status."""
        try:
            with self._answer(header or self.header, identity) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def token(self) -> "Token":
        """Return a token for the app's own identity. Raises HTTPError."""
        with self._answer(self.header, {"client_id": self.own}) as answer:
            found = json.load(answer)
        return Token(found["access_token"], int(found["expires_on"]))

    def _answer(self, header: str, identity: Mapping[str, str]) -> Any:
        asked = {"api-version": "2019-08-01", "resource": "https://storage.azure.com", **identity}
        query = urllib.parse.urlencode(asked)
        headers = {"X-IDENTITY-HEADER": header}
        request = urllib.request.Request(f"{self.endpoint}?{query}", headers=headers)  # noqa: S310
        return _OPENER.open(request, timeout=30)


_Inside = Callable[[Surroundings], str]


def identity_unknown(around: Surroundings) -> str:
    return str(around.ask(client_id=_UNKNOWN_ID))


def identity_wrong_header(around: Surroundings) -> str:
    return str(around.ask("not the app's", client_id=around.own))


def identity_none(around: Surroundings) -> str:
    """Ask for the app's own identity too: without any token, nothing can be withheld."""
    if around.ask(client_id=around.own) != 200:
        raise NoAnswerError
    return "gives" if around.ask(mi_res_id=around.kept) == 200 else "keeps"


def identity_cached_until(around: Surroundings) -> str:
    """Ask twice in the last minutes of a token; there is no answer before."""
    first = around.token()
    if first.expires_on - time.time() >= _MARGIN:
        raise NoAnswerError
    return "expiry" if around.token() == first else "margin"


PROBES: Mapping[str, _Inside] = {
    "identity-unknown": identity_unknown,
    "identity-wrong-header": identity_wrong_header,
    "identity-none": identity_none,
    "identity-cached-until": identity_cached_until,
}


def main() -> None:
    """Print a line for each question, and an end mark."""
    for name, probe in PROBES.items():
        try:
            answer = probe(Surroundings.of(os.environ))
        except Exception:  # one failing question must not stop the others
            answer = UNKNOWN
        print(ANSWER, name, answer)
    print(END)


if __name__ == "__main__":
    main()
