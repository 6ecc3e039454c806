"""Decides by role whether a named request may be carried out, and as what."""

from dataclasses import dataclass

from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.rbac import Denied
from sandbox.storage.answers import Refused
from sandbox.storage.name import Named
from sandbox.storage.operations import ADD

_MAKES_A_BLOB = frozenset({"PutBlob", "CopyBlob", "CopyBlobFromURL"})


@dataclass(frozen=True)
class Permitted:
    """A request that may be carried out. `only_new` says that it may create, never replace."""

    named: Named
    caller: Caller
    only_new: bool


def decide(named: Named, caller: Caller, gate: Gate) -> Permitted:
    """What `caller` may do of what is asked.

    Raises Refused 403, whether the blob exists or not, and 501 for what is not carried out here.
    """
    decision = gate.admit("blob", named.operation.name, caller, *named.needs)
    if isinstance(decision, Denied):
        raise Refused("AuthorizationPermissionMismatch", recorded=True)
    if not named.operation.offered:
        raise Refused("NotImplemented")
    adds = decision[0].action in ADD
    return Permitted(named, caller, only_new=adds and named.operation.name in _MAKES_A_BLOB)
