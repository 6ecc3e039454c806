"""The questions that only an app's own code can ask, of the identity endpoint.

Only Python's own library: `./keyless report` sends this file to a console inside an app.
"""

import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# What a line of the console begins with that holds an answer, and the last line.
ANSWER, END = "keyless-answer", "keyless-end"
UNKNOWN = "-"

_NOBODY = "00000000-0000-0000-0000-000000000000"
# The endpoint is on loopback, where no proxy of the surroundings leads.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoAnswerError(Exception):
    """The endpoint does not even give the app a token of its own identity."""


@dataclass(frozen=True)
class Surroundings:
    """Where an app's code asks for tokens.

    `own` is the client id of its identity, `kept` the resource id of one whose lifecycle is None.
    """

    endpoint: str
    header: str
    own: str
    kept: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Surroundings":
        """As Container Apps sets them, and KEPT_IDENTITY beside them. Raises KeyError."""
        return cls(
            environment["IDENTITY_ENDPOINT"],
            environment["IDENTITY_HEADER"],
            environment["AZURE_CLIENT_ID"],
            environment["KEPT_IDENTITY"],
        )

    def ask(self, header: str = "", **identity: str) -> int:
        """Ask for a token as the app's code does, or as whoever does not know its `header`.

        Returns the status: nothing looks at a token.
        """
        asked = {"api-version": "2019-08-01", "resource": "https://storage.azure.com", **identity}
        query = urllib.parse.urlencode(asked)
        headers = {"X-IDENTITY-HEADER": header or self.header}
        request = urllib.request.Request(f"{self.endpoint}?{query}", headers=headers)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


Inside = Callable[[Surroundings], str]


def identity_unknown(around: Surroundings) -> str:
    return str(around.ask(client_id=_NOBODY))


def identity_wrong_header(around: Surroundings) -> str:
    return str(around.ask("not the app's", client_id=around.own))


def identity_none(around: Surroundings) -> str:
    """The app's own identity is asked for, too: where no token is to be had, none is kept."""
    if around.ask(client_id=around.own) != 200:
        raise NoAnswerError
    return "gives" if around.ask(mi_res_id=around.kept) == 200 else "keeps"


PROBES: Mapping[str, Inside] = {
    "identity-unknown": identity_unknown,
    "identity-wrong-header": identity_wrong_header,
    "identity-none": identity_none,
}


def main() -> None:
    """Print a line for each question, and then that this was all."""
    for name, probe in PROBES.items():
        try:
            answer = probe(Surroundings.of(os.environ))
        except Exception:  # whatever it is, the other questions are asked
            answer = UNKNOWN
        print(ANSWER, name, answer)
    print(END)


if __name__ == "__main__":
    main()
