"""What nobody here has seen Azure do: each question, the answers it may have, which is assumed.

A field is a question, its type the answers, its default what the sandbox assumes. Whoever knows
better starts it with `--assume NAME=ANSWER`. docs/assumptions.md is written from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args, get_type_hints

T = TypeVar("T", bound=str)


class AssumptionError(ValueError):
    """An assumption that there is not, in one sentence with those that there are."""


def _asked(assumed: T, asks: str, otherwise: str) -> T:
    """A field; `otherwise` says what follows for who deploys if Azure does not do as assumed."""
    found: Any = field(default=assumed, metadata={"asks": asks, "otherwise": otherwise})
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Assumptions:
    """An answer to each question."""

    blob_add: Literal["creates", "needs-write"] = _asked(
        "creates",
        "Does blobs/add/action alone let a Put Blob of a new blob through?",
        "The gateway stores no photo: its role needs blobs/write, and may replace what is there.",
    )
    blob_overwrite: Literal["role", "condition"] = _asked(
        "role",
        "Who may only add puts a blob that is there, with If-None-Match: *. What refuses it?",
        "Nothing: the services take the role's 403 and the condition's 409 for the same.",
    )
    blob_missing: Literal["role", "existence"] = _asked(
        "role",
        "Who has no right asks for a blob that is not there. Which is looked at first?",
        "/readyz and doctor miss a lost right to read: they prove it by a blob that is not there. "
        "The denied learn which blobs there are.",
    )
    blob_tags_condition: Literal["needs-tags-read", "needs-nothing"] = _asked(
        "needs-tags-read",
        "Does x-ms-if-tags, which tells whether tags are so, take the right to read tags?",
        "Nothing: no service asks so. Who may read a blob could find out its tags.",
    )
    blob_token_detail: Literal["told", "left-out"] = _asked(
        "told",
        "Is a bad signature or issuer explained in AuthenticationErrorDetail?",
        "Nothing but a text that only people read.",
    )
    # taken: https://devblogs.microsoft.com/azure-sdk/azure-storage-apis-gain-entra-id-and-rbac-support
    # (2025-09). not-found: Azure/azure-powershell issue 10391 (2019), Azure/azure-rest-api-specs
    # issue 21347 (2022, open), Azure/azure-sdk-for-cpp issue 5867 (2024).
    blob_acl: Literal["taken", "not-found"] = _asked(
        "taken",
        "Do a container's ACL and the account's information take a token?",
        "Nothing: no service asks for them. Code that does gets 404 without the account's key.",
    )
    vault_missing: Literal["role", "existence"] = _asked(
        "role",
        "Who has no right asks for a secret that is not there. Which is looked at first?",
        "A missing role shows as 404 for a wrong name; the denied learn which secrets there are.",
    )
    # creation: Azure/azure-sdk-for-net issue 45792 (2024). id: nagyesta/lowkey-vault issue 428
    # (2023), in which three versions are shown. Microsoft documents no order.
    vault_versions: Literal["creation", "id"] = _asked(
        "creation",
        "In which order does Key Vault list the versions of a secret?",
        "Nothing: no service lists versions. Code that takes the last of the list for the latest "
        "gets another.",
    )
    bus_put_token_unknown: Literal["404", "taken"] = _asked(
        "404",
        "Does $cbs take a token for an entity that is not there?",
        "A wrong name in a setting shows at the link: as a missing role, or as amqp:not-found.",
    )
    bus_missing: Literal["role", "existence"] = _asked(
        "role",
        "Who has no right attaches to an entity that is not there. Which is looked at first?",
        "A wrong name in a setting shows as amqp:not-found, not as a missing role.",
    )
    bus_default_rule: Literal["removed", "replaced", "stays"] = _asked(
        "removed",
        "What is left of $Default, the rule that lets all pass, once a template adds rules?",
        "Nothing: no rule of ours is called so, and the topic carries no event but the two that "
        "each subscription is to get.",
    )
    bus_message_id: Literal["given", "left-out"] = _asked(
        "given",
        "Does a message that is sent without an id get one?",
        "Nothing: our services send each with an id. Without one, JavaScript's client can settle "
        "no message.",
    )
    identity_unknown: Literal["400", "500"] = _asked(
        "400",
        "What does Container Apps answer a client id that is none of the app's?",
        "Nothing but the text of the SDK's error.",
    )
    identity_wrong_header: Literal["403", "401"] = _asked(
        "403",
        "What does Container Apps answer a wrong X-IDENTITY-HEADER? (Without one it is 403.)",
        "Nothing: the SDK makes the same error of both.",
    )
    identity_none: Literal["keeps", "gives"] = _asked(
        "keeps",
        "Does lifecycle None keep an identity's tokens from the app's code?",
        "Code can read queue lengths and pull images, and more if the scaler needs Data Owner.",
    )

    @property
    def otherwise(self) -> Mapping[str, str]:
        """Those that are not as the sandbox assumes by itself, by name."""
        return {
            each.name: self.answer(each.name)
            for each in QUESTIONS
            if self.answer(each.name) != each.answers[0]
        }

    def answer(self, name: str) -> str:
        """The answer to the question called `name`. Raises KeyError."""
        return str(vars(self)[name.replace("-", "_")])


@dataclass(frozen=True)
class Question:
    """One of them; the first of its answers is the one that is assumed."""

    name: str
    asks: str
    answers: tuple[str, ...]
    otherwise: str


def _question(each: "Field[Any]", answers: tuple[str, ...]) -> Question:
    name, assumed = each.name.replace("_", "-"), str(each.default)
    ordered = (assumed, *(other for other in answers if other != assumed))
    return Question(name, each.metadata["asks"], ordered, each.metadata["otherwise"])


QUESTIONS = tuple(
    _question(each, get_args(get_type_hints(Assumptions)[each.name]))
    for each in fields(Assumptions)
)
LIKELY = Assumptions()


def assume(said: Iterable[str]) -> Assumptions:
    """The likely answers but for those `said`, each as NAME=ANSWER. Raises AssumptionError."""
    answers: dict[str, Any] = {}
    for each in said:
        name, _, answer = each.partition("=")
        _check(name, answer)
        if answers.setdefault(name.replace("-", "_"), answer) != answer:
            raise AssumptionError(f"{name} was said twice, with two answers")
    return Assumptions(**answers)


def _check(name: str, answer: str) -> None:
    found = next((each for each in QUESTIONS if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in QUESTIONS)
        raise AssumptionError(f"nothing that is assumed is called {name!r}; there are {known}")
    if answer not in found.answers:
        known = " or ".join(found.answers)
        raise AssumptionError(f"{name} is {known}, not {answer!r}")
