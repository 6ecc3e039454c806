"""One request that the page can try, and the right that it requires."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.deployment import ContainerApp, Registration
from sandbox.deployment.short_names import short_scope
from sandbox.rbac import Requirement

# In a path, it stands for letters that no other request has: a right to add a blob is none to
# replace one.
NEW = "{new}"

# The methods of Service Bus, which has none of its own; a path is then an entity's.
SEND_LINK, RECEIVE_LINK, PEEK = LINKS = "attach sender", "attach receiver", "peek"

# A requirement of roles, an API that checks an app role, or an app that an identity is attached to.
Needs = Requirement | Registration | ContainerApp


@dataclass(frozen=True)
class Attempt:
    """One request on one resource.

    Without a `method` it is only decided, and `why_not` says why. With `harm` it would disturb the
    deployment, so it is sent only while it is denied. A request may have further requirements,
    in `also`.
    """

    verb: str
    needs: Needs
    audience: str = ""
    host: str = ""
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    why_not: str = ""
    harm: str = ""
    also: tuple[Requirement, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every requirement of roles; none where no role decides."""
        return (self.needs, *self.also) if isinstance(self.needs, Requirement) else ()

    @property
    def resource(self) -> str:
        """The resource's id; of an API the name that tokens are asked for by."""
        match self.needs:
            case Requirement(scope=scope):
                return scope
            case ContainerApp(id=app_id):
                return app_id
            case Registration(uris=(uri, *_)):
                return uri
        return self.audience

    @property
    def on(self) -> str:
        """The resource's short name."""
        return short_scope(self.resource)

    @property
    def name(self) -> str:
        """The name by which a form chooses it, unique in a deployment."""
        return f"{self.verb} @ {self.resource}"

    @property
    def words(self) -> str:
        return f"{self.verb}: {self.on}"
