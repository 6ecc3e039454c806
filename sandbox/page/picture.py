"""The rights as a picture: identities on the left, resources on the right, edges between them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, Lifecycle, Principal, RoleAssignment
from sandbox.deployment.short_names import short_role, short_scope
from sandbox.page.running import everyone
from sandbox.rbac import Assignments

# Units of the drawing, and the seconds for which an edge stays lit.
ROW, TOP, LEFT, RIGHT, WIDTH = 44, 16, 230, 560, 860
LIT, RED = 10, 60
_BESIDE = 9
# The containers of an app whose code gets a token of an attached identity.
_LIMITS = {
    Lifecycle.ALL: "",
    Lifecycle.MAIN: " (main containers)",
    Lifecycle.INIT: " (init containers)",
    Lifecycle.NONE: " (no code gets a token)",
}


@dataclass(frozen=True)
class Right:
    """One role assignment: `of_former` says that it names an id from before a recreation."""

    role: str
    scope: str
    on: str
    why: str
    id: str
    of_former: bool
    by_hand: str


@dataclass(frozen=True)
class Identity:
    """An identity with its rights. `generation` counts its creations."""

    name: str
    kind: str
    principal_id: str
    client_id: str
    attached_to: tuple[str, ...]
    generation: int
    rights: tuple[Right, ...]


@dataclass(frozen=True)
class Node:
    """A box of the picture, at the height `y` of its middle."""

    label: str
    detail: str
    y: int


@dataclass(frozen=True)
class Edge:
    """A line from an identity to a resource; `state` is still, used or absent."""

    who: str
    title: str
    path: str
    state: str
    of_former: bool


@dataclass(frozen=True)
class Picture:
    """Everything that the picture draws."""

    height: int
    identities: tuple[Node, ...]
    resources: tuple[Node, ...]
    edges: tuple[Edge, ...]


def identities(deployment: Deployment, assignments: Assignments) -> tuple[Identity, ...]:
    """Return every identity of a deployment with its rights, in the order of the template."""
    by_principal = defaultdict[str, list[RoleAssignment]](list)
    for each in assignments.listed:
        by_principal[each.principal_id.lower()].append(each)
    return tuple(
        Identity(
            name=each.name,
            kind=each.kind.value,
            principal_id=each.principal_id,
            client_id=each.client_id,
            attached_to=tuple(_attached_to(deployment, each)),
            generation=len(each.former_ids) + 1,
            rights=tuple(_rights(each, by_principal, assignments)),
        )
        for each in everyone(deployment)
    )


def picture(
    found: Sequence[Identity], recent: Iterable[tuple[float, Record]], who: str = ""
) -> Picture:
    """Return the picture of `found`, or of the one called `who`.

    `recent` are records with their age in seconds: an edge that was used is lit, and one that was
    asked for in vain is drawn in red.
    """
    shown = [each for each in found if not who or each.name == who]
    used, absent = _lights(recent, {each.name for each in shown})
    scopes = dict.fromkeys(right.scope.lower() for each in shown for right in each.rights)
    names = {right.scope.lower(): right.scope for each in shown for right in each.rights}
    for _, scope in absent:
        names.setdefault(scope.lower(), scope)
        scopes.setdefault(scope.lower())
    places = {key: _middle(place) for place, key in enumerate(sorted(scopes, key=_order))}
    rows = {each.name: _middle(place) for place, each in enumerate(shown)}
    return Picture(
        height=max(len(rows), len(places), 1) * ROW + 2 * TOP,
        identities=tuple(Node(each.name, each.kind, rows[each.name]) for each in shown),
        resources=tuple(Node(short_scope(names[key]), names[key], y) for key, y in places.items()),
        edges=(
            *_edges(shown, rows, places, used),
            *_absent(absent, rows, places),
        ),
    )


def _lights(
    recent: Iterable[tuple[float, Record]], names: set[str]
) -> tuple[set[str], dict[tuple[str, str], Record]]:
    """Return the assignments in use, and the denials by identity and scope."""
    used, absent = set[str](), dict[tuple[str, str], Record]()
    for age, each in recent:
        if each.outcome is Outcome.ALLOWED and age <= LIT:
            used.add(each.assignment.lower())
        elif each.outcome is Outcome.DENIED and age <= RED and each.identity in names:
            absent[each.identity, each.scope] = each
    return used, absent


def _edges(
    shown: Iterable[Identity],
    rows: Mapping[str, int],
    places: Mapping[str, int],
    used: set[str],
) -> Iterator[Edge]:
    for each in shown:
        by_scope = defaultdict[str, list[Right]](list)
        for right in each.rights:
            by_scope[right.scope.lower()].append(right)
        for scope, rights in by_scope.items():
            lit = any(right.id.lower() in used for right in rights)
            yield Edge(
                who=each.name,
                title="\n".join(_title(each.name, one) for one in rights),
                path=_path(rows[each.name], places[scope]),
                state="used" if lit else "still",
                of_former=all(one.of_former for one in rights),
            )


def _title(who: str, right: Right) -> str:
    return f"{who}: {right.role} on {right.on}. {right.why}"


def _absent(
    absent: Mapping[tuple[str, str], Record],
    rows: Mapping[str, int],
    places: Mapping[str, int],
) -> Iterator[Edge]:
    for (who, scope), record in absent.items():
        missing = " or ".join(map(short_role, record.missing[:2])) or "no known role"
        title = f"{who} was denied {record.action} on {short_scope(scope)}: {missing} would do"
        path = _path(rows[who], places[scope.lower()], beside=_BESIDE)
        yield Edge(who, title, path, "absent", False)


def _attached_to(deployment: Deployment, principal: Principal) -> Iterator[str]:
    for app in deployment.apps:
        for each in app.attachments:
            if each.identity == principal:
                yield f"{app.name}{_LIMITS[each.lifecycle]}"


def _rights(
    principal: Principal,
    by_principal: Mapping[str, list[RoleAssignment]],
    assignments: Assignments,
) -> Iterator[Right]:
    for key in principal.every_id:
        for each in by_principal.get(key.lower(), ()):
            yield Right(
                role=short_role(assignments.role(each).name),
                scope=each.scope,
                on=short_scope(each.scope),
                why=each.why,
                id=each.id,
                of_former=key != principal.principal_id,
                by_hand=each.by_hand.maker if each.by_hand else "",
            )


def _order(scope: str) -> tuple[str, ...]:
    return tuple(scope.split("/"))


def _middle(place: int) -> int:
    return TOP + place * ROW + ROW // 2


def _path(begin: int, end: int, beside: int = 0) -> str:
    """Return a curve, `beside` units below that of a right between the same two."""
    begin, end = begin + beside, end + beside
    middle = (LEFT + RIGHT) // 2
    return f"M{LEFT},{begin} C{middle},{begin} {middle},{end} {RIGHT},{end}"
