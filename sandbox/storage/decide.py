"""Decides by role whether a named request may be carried out, and as what."""

from dataclasses import dataclass

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.rbac import Denied
from sandbox.storage.errors import Refused
from sandbox.storage.name import Named
from sandbox.storage.operations import ADD, MAKES_A_BLOB

# Operations that took no token at first: to who had one, what they are about was not there.
_WITH_A_KEY = frozenset({"GetAccountInfo", "GetContainerACL", "SetContainerACL"})


@dataclass(frozen=True)
class Permitted:
    """A request that may be carried out. `only_new` says that it may create, never replace.

    `by_condition` says that what refuses a blob which is there is its own condition, not the role.
    """

    named: Named
    caller: Caller
    only_new: bool
    by_condition: bool = False


def decide(named: Named, caller: Caller, gate: Gate, assumed: Assumptions = LIKELY) -> Permitted:
    """What `caller` may do of what is asked.

    Raises Refused 403, whether the blob exists or not, and 501 for what is not carried out here;
    404 for what takes no token, if that is assumed.
    """
    if named.operation.name in _WITH_A_KEY and assumed.blob_acl == "not-found":
        raise Refused("ResourceNotFound")
    decision = gate.admit("blob", named.operation.name, caller, *named.needs)
    if isinstance(decision, Denied):
        raise Refused("AuthorizationPermissionMismatch", recorded=True)
    if not named.operation.offered:
        raise Refused("NotImplemented")
    only_new = decision[0].action in ADD and named.operation.name in MAKES_A_BLOB
    asked_so = named.headers.get("if-none-match") == "*"
    by_condition = asked_so and assumed.blob_overwrite == "condition"
    return Permitted(named, caller, only_new, by_condition)
