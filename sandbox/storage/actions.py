"""The actions on Blob Storage that roles grant.

https://learn.microsoft.com/azure/role-based-access-control/permissions/storage
"""

from sandbox.rbac import Action

# A request requires one of these.
Actions = tuple[Action, ...]

_SERVICES = "Microsoft.Storage/storageAccounts/blobServices"


def _data(name: str) -> Actions:
    return (Action(f"{_SERVICES}/containers/blobs/{name}"),)


def _control(name: str) -> Actions:
    return (Action(f"{_SERVICES}/{name}", data=False),)


READ = _data("read")
ADD = _data("add/action")
WRITE = _data("write")
WRITE_OR_ADD = WRITE + ADD
DELETE = _data("delete")
READ_TAGS = _data("tags/read")
WRITE_TAGS = _data("tags/write")
FILTER = _data("filter/action")
RUN_AS_SUPER_USER = _data("immutableStorage/runAsSuperUser/action")

READ_SERVICE = _control("read")
WRITE_SERVICE = _control("write")
ACCOUNT_INFO = _control("getInfo/action")
DELEGATION_KEY = _control("generateUserDelegationKey/action")
READ_CONTAINER = _control("containers/read")
WRITE_CONTAINER = _control("containers/write")
DELETE_CONTAINER = _control("containers/delete")
READ_ACL = _control("containers/getAcl/action")
WRITE_ACL = _control("containers/setAcl/action")
