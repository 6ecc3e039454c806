"""A report: known words, numbers and answers. No field holds a text as Azure wrote it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from local.report.safe_text import SafeText

T = TypeVar("T")


class Why(StrEnum):
    """Why a question was not asked, or has no answer."""

    NO_PROBE = "nothing here asks it"
    OTHER_ENTITIES = "it is asked on the sample's entities, and the deployment here has others"
    NO_ADDRESSES = "no deployment has succeeded that tells where to ask"
    DECLINED = "whoever ran the report did not want to ask"
    NOT_SIGNED_IN = "nobody is signed in here who could ask (az login)"
    DEVELOPER = "it takes the rights of the environment's developer (DEVELOPER_PRINCIPAL_ID)"
    WORKERS = "deployed workers would take the messages: ask where there are no apps"
    TOO_MANY_RIGHTS = "whoever asked has a right beside the policy, so nothing would be refused"
    UNSEEN_RIGHTS = "whether whoever asked has a right beside the policy is not to be seen"
    TOO_FEW_RIGHTS = "a right that it takes was refused"
    NO_ANSWER = "no answer came"
    ONLY_INSIDE = "only code in an app can ask (--inside-apps)"
    NO_APP = "there is no app to ask in, or it does not run its own image"
    NO_CONSOLE = "no console was opened in the app"


@dataclass(frozen=True)
class Answered:
    """One of the known answers."""

    question: str
    answer: str


@dataclass(frozen=True)
class Neither:
    """Azure did what no known answer says; status 0 is none."""

    question: str
    status: int
    code: SafeText


@dataclass(frozen=True)
class NotAsked:
    """No answer, and why."""

    question: str
    why: Why


Outcome = Answered | Neither | NotAsked


@dataclass(frozen=True)
class Unseen:
    """A part that Azure did not show to whoever asked; `why` is its code."""

    why: SafeText


Part = tuple[T, ...] | Unseen


@dataclass(frozen=True)
class Refused:
    """One resource that a deployment was refused: what, where among ours, by which codes.

    The last code is the innermost, `said` its text with all but known words left out.
    """

    kind: SafeText
    on: SafeText
    status: SafeText
    codes: tuple[SafeText, ...]
    said: SafeText
    advice: SafeText


@dataclass(frozen=True)
class Deployment:
    """One deployment of the environment, the first of which is number 1."""

    number: int
    state: SafeText
    seconds: int | None
    refused: Part[Refused] = ()


@dataclass(frozen=True)
class Revision:
    """One revision of an app, the first of which is number 1."""

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
    """When a role worked for an app, in seconds after it was granted; None is not known.

    So many attempts were `in_vain`, the last of them after `last_in_vain`. If it was `proved`, it
    `worked` after so many at the latest. `whole` says whether the log goes back to the start.
    """

    app: SafeText
    role: SafeText
    on: SafeText
    in_vain: int
    last_in_vain: int | None
    proved: bool
    worked: int | None
    whole: bool


@dataclass(frozen=True)
class Scaler:
    """What the scaler of an app did, in seconds after the newest revision was made.

    `after_photo` is from the photo that the gateway took before it was first `woken`.
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
    """One rule of a subscription, and whether it is as the template has it."""

    subscription: SafeText
    name: SafeText
    filter: SafeText
    passes_all: bool
    as_template: bool


@dataclass(frozen=True)
class Report:
    """All of it."""

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
