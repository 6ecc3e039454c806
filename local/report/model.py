"""The report's data: safe texts, numbers and answers; no field holds Azure's own text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from local.report.safe_text import SafeText

T = TypeVar("T")


class Why(StrEnum):
    """The reason why a question was not asked or has no answer."""

    NO_PROBE = "this version cannot ask it"
    OTHER_ENTITIES = "it needs the sample's entities, and this deployment has others"
    NO_ADDRESSES = "no successful deployment says where to ask"
    DECLINED = "the user declined to ask"
    NOT_SIGNED_IN = "the user was not signed in (az login)"
    DEVELOPER = "it requires the rights of the environment's developer (DEVELOPER_PRINCIPAL_ID)"
    WORKERS = "deployed workers would receive the messages: ask in an environment without apps"
    TOO_MANY_RIGHTS = "the user has more rights than the policy gives, so nothing would be refused"
    UNSEEN_RIGHTS = "it is unknown whether the user has more rights than the policy gives"
    TOO_FEW_RIGHTS = "a right that it requires was refused"
    NO_ANSWER = "Azure did not answer"
    ONLY_INSIDE = "only code in an app can ask (--inside-apps)"
    NO_APP = "no app runs its own image"
    NO_CONSOLE = "no console opened in the app"


@dataclass(frozen=True)
class Answered:
    """One of the known answers."""

    question: str
    answer: str


@dataclass(frozen=True)
class Neither:
    """Azure's behaviour matches no known answer; status 0 means none."""

    question: str
    status: int
    code: SafeText


@dataclass(frozen=True)
class NotAsked:
    """No answer, with the reason."""

    question: str
    why: Why


Outcome = Answered | Neither | NotAsked


@dataclass(frozen=True)
class Unseen:
    """A part that Azure did not show; `why` is its code."""

    why: SafeText


Part = tuple[T, ...] | Unseen


@dataclass(frozen=True)
class Refused:
    """A resource that failed to deploy: its type, our entity (`on`), and the error codes.

    The last code is the innermost; `said` is its text, reduced to known words.
    """

    kind: SafeText
    on: SafeText
    status: SafeText
    codes: tuple[SafeText, ...]
    said: SafeText
    advice: SafeText


@dataclass(frozen=True)
class Deployment:
    """One deployment of the environment, counted from 1."""

    number: int
    state: SafeText
    seconds: int | None
    refused: Part[Refused] = ()


@dataclass(frozen=True)
class Revision:
    """One revision of an app, counted from 1."""

    app: SafeText
    number: int
    own_image: bool
    active: bool
    provisioning: SafeText
    running: SafeText
    health: SafeText
    replicas: int | None
    said: SafeText


@dataclass(frozen=True)
class RoleTime:
    """The time until a role worked for an app, in seconds after its grant; None is unknown.

    `failures` counts the failed attempts, the last of them after `last_failure`. A `proved` role
    `worked` after so many seconds at the latest. `whole` means that the log reaches back to the
    start.
    """

    app: SafeText
    role: SafeText
    on: SafeText
    failures: int
    last_failure: int | None
    proved: bool
    worked: int | None
    whole: bool


@dataclass(frozen=True)
class Scaler:
    """The scaler of an app, in seconds after the newest revision was created.

    `after_photo` counts from the last photo that the gateway accepted before the app was `woken`.
    """

    app: SafeText
    started: int | None
    failures: int
    woken: int | None
    trigger: SafeText
    after_photo: int | None
    watched: int | None


@dataclass(frozen=True)
class Rule:
    """One rule of a subscription, and whether it matches the template."""

    subscription: SafeText
    name: SafeText
    filter: SafeText
    passes_all: bool
    as_template: bool


@dataclass(frozen=True)
class Report:
    """The whole report."""

    keyless: SafeText
    azure_cli: SafeText
    azd: SafeText
    asked_as: SafeText
    outcomes: tuple[Outcome, ...]
    deployments: Part[Deployment]
    revisions: Part[Revision]
    roles: Part[RoleTime]
    scalers: Part[Scaler]
    rules: Part[Rule]
