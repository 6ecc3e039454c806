"""Questions about Azure that no source here answers, their possible answers, and the one assumed.

A field is a question, its type the answers, its default the assumed answer. `--assume NAME=ANSWER`
starts a sandbox with another. docs/assumptions.md is written from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args, get_type_hints

T = TypeVar("T", bound=str)


class AssumptionError(ValueError):
    """An unknown question or answer; the message lists the known ones."""


def _asked(assumed: T, asks: str, otherwise: str) -> T:
    """Return a field; `otherwise` is the consequence of another answer in a deployment."""
    found: Any = field(default=assumed, metadata={"asks": asks, "otherwise": otherwise})
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Assumptions:
    """An answer to each question."""

    blob_add: Literal["creates", "needs-write"] = _asked(
        "creates",
        "Does blobs/add/action alone let a Put Blob of a new blob through?",
        "The gateway stores no photo: its role needs blobs/write, and could then replace blobs.",
    )
    blob_overwrite: Literal["role", "condition"] = _asked(
        "role",
        "A caller that may only add puts an existing blob with If-None-Match: *. Is it refused by "
        "its role or by the condition?",
        "Nothing: the services treat the role's 403 and the condition's 409 alike.",
    )
    blob_missing: Literal["role", "existence"] = _asked(
        "role",
        "A caller without a right requests a missing blob. Is the role or existence checked first?",
        "/readyz and doctor miss a lost right to read: they prove it with a missing blob. "
        "A denied caller learns which blobs exist.",
    )
    blob_tags_condition: Literal["needs-tags-read", "needs-nothing"] = _asked(
        "needs-tags-read",
        "Does the condition x-ms-if-tags require the right to read tags?",
        "Nothing: no service sends it. A reader of a blob could find out its tags.",
    )
    blob_token_detail: Literal["told", "left-out"] = _asked(
        "told",
        "Is a bad signature or issuer explained in AuthenticationErrorDetail?",
        "Only a text for people changes.",
    )
    # taken: https://devblogs.microsoft.com/azure-sdk/azure-storage-apis-gain-entra-id-and-rbac-support
    # (2025-09). not-found: Azure/azure-powershell issue 10391 (2019), Azure/azure-rest-api-specs
    # issue 21347 (2022, open), Azure/azure-sdk-for-cpp issue 5867 (2024).
    blob_acl: Literal["taken", "not-found"] = _asked(
        "taken",
        "Do a container's ACL and the account's information take a token?",
        "Nothing: no service requests them. Other code gets 404 without the account's key.",
    )
    vault_missing: Literal["role", "existence"] = _asked(
        "role",
        "A caller without a right requests a missing secret. Is the role or existence checked "
        "first?",
        "A missing role shows as 404 for a wrong name; a denied caller learns which secrets exist.",
    )
    # creation: Azure/azure-sdk-for-net issue 45792 (2024). id: nagyesta/lowkey-vault issue 428
    # (2023), in which three versions are shown. Microsoft documents no order.
    vault_versions: Literal["creation", "id"] = _asked(
        "creation",
        "In which order does Key Vault list the versions of a secret?",
        "Nothing: no service lists versions. Code that takes the last in the list as the latest "
        "gets another.",
    )
    bus_put_token_unknown: Literal["404", "taken"] = _asked(
        "404",
        "Does $cbs accept a token for an entity that does not exist?",
        "A wrong name in a setting shows at the link: as a missing role, or as amqp:not-found.",
    )
    bus_missing: Literal["role", "existence"] = _asked(
        "role",
        "A caller without a right attaches to a missing entity. Is the role or existence checked "
        "first?",
        "A wrong name in a setting shows as amqp:not-found, not as a missing role.",
    )
    bus_default_rule: Literal["removed", "replaced", "stays"] = _asked(
        "removed",
        "What becomes of $Default, the rule that matches every message, once a template adds "
        "rules?",
        "Nothing: no rule of ours has that name, and the topic carries only the two events that "
        "each subscription receives.",
    )
    bus_message_id: Literal["given", "left-out"] = _asked(
        "given",
        "Does the service assign an id to a message without one?",
        "Nothing: our services send each message with an id. Without one, the JavaScript client "
        "cannot settle a message.",
    )
    identity_unknown: Literal["400", "500"] = _asked(
        "400",
        "Which status does Container Apps answer to a client id that is not one of the app's?",
        "Only the text of the SDK's error changes.",
    )
    identity_wrong_header: Literal["403", "401"] = _asked(
        "403",
        "Which status does Container Apps answer to a wrong X-IDENTITY-HEADER? (Without the header "
        "it is 403.)",
        "Nothing: the SDK raises the same error for both.",
    )
    identity_none: Literal["keeps", "gives"] = _asked(
        "keeps",
        "Does lifecycle None keep an identity's tokens from the app's code?",
        "Code can read queue lengths and pull images, and more if the scaler needs Data Owner.",
    )

    # expiry: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#token-caching
    # says so of virtual machines. margin: Microsoft's clients count a token with less than five
    # minutes left as expired, and would ask in vain until then.
    identity_cached_until: Literal["expiry", "margin"] = _asked(
        "expiry",
        "Until when does the identity endpoint hand out a cached token: until it expires, or until "
        "five minutes before?",
        "Nothing: in the last five minutes the SDK asks for each request, and takes the answer.",
    )

    @property
    def otherwise(self) -> Mapping[str, str]:
        """Return the answers that differ from the defaults, by question."""
        return {
            each.name: self.answer(each.name)
            for each in QUESTIONS
            if self.answer(each.name) != each.answers[0]
        }

    def answer(self, name: str) -> str:
        """Return the answer to the question called `name`. Raises KeyError."""
        return str(vars(self)[name.replace("-", "_")])


@dataclass(frozen=True)
class Question:
    """A question; the first of its answers is the assumed one."""

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


def assume(options: Iterable[str]) -> Assumptions:
    """Return the default answers with `options`, each NAME=ANSWER. Raises AssumptionError."""
    answers: dict[str, Any] = {}
    for each in options:
        name, _, answer = each.partition("=")
        _check(name, answer)
        if answers.setdefault(name.replace("-", "_"), answer) != answer:
            raise AssumptionError(f"{name} is given twice, with different answers")
    return Assumptions(**answers)


def _check(name: str, answer: str) -> None:
    found = next((each for each in QUESTIONS if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in QUESTIONS)
        raise AssumptionError(f"no assumption is called {name!r}; there are {known}")
    if answer not in found.answers:
        known = " or ".join(found.answers)
        raise AssumptionError(f"{name} is {known}, not {answer!r}")
