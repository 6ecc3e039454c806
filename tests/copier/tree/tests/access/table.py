"""Rights and denials on papers: written by hand, from intent, and not from the Bicep."""

from tests.access.rows import (
    ACCOUNT,
    ANOTHER_SECRET,
    COMPONENT,
    GROUP,
    NAMESPACE,
    REGISTRY,
    TOKEN,
    VAULT,
    Row,
    may,
    may_not,
)

INTAKE, READER, PULLER, CLERK = "intake", "reader", "uami-puller", "clerk"
INBOX, TO_READ, KEY = "inbox", "to-read", "callback-key"

_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_BUS = "Microsoft.ServiceBus/namespaces"
_PULL = "Microsoft.ContainerRegistry/registries/pull/read"
_TELEMETRY = "Microsoft.Insights/Telemetry/Write"
_DATA_ONLY = "A right on data is none on the thing that holds it."

TABLE: tuple[Row, ...] = (
    may(INTAKE, "create", INBOX, "A paper is stored.", "services/intake/app.py: blobs.create("),
    may_not(INTAKE, "replace", INBOX, "A paper stays as it came."),
    may_not(INTAKE, "read", INBOX, "Nobody outside reads papers."),
    may_not(INTAKE, "list", INBOX, "Nobody outside learns which there are."),
    may_not(INTAKE, "delete", INBOX, "Papers stay."),
    may_not(INTAKE, "see tags", INBOX, "Papers have none."),
    *(
        may_not(INTAKE, f"{_BLOB}/{action}", INBOX, "It adds papers, and nothing else.")
        for action in (
            "tags/write",
            "filter/action",
            "move/action",
            "deleteBlobVersion/action",
            "permanentDelete/action",
            "runAsSuperUser/action",
            "immutableStorage/runAsSuperUser/action",
            "manageOwnership/action",
            "modifyPermissions/action",
        )
    ),
    may_not(INTAKE, "create container", ACCOUNT, "Containers are made by the Bicep."),
    may_not(INTAKE, f"{_BLOB}/add/action", ACCOUNT, "It knows one container."),
    may(INTAKE, "send", TO_READ, "The reader is told.", "services/intake/app.py: to_read.send("),
    may_not(INTAKE, "receive", TO_READ, "Whoever hands over work does not take it."),
    may_not(INTAKE, f"{_BUS}/queues/write", TO_READ, _DATA_ONLY),
    may_not(INTAKE, f"{_BUS}/messages/send/action", NAMESPACE, "It knows one queue."),
    may_not(INTAKE, "get", KEY, "The key is the reader's."),
    may(READER, "read", INBOX, "It reads.", "services/reader/app.py: self.inbox.download_blob"),
    may(READER, "list", INBOX, "Listing is blobs/read."),
    may_not(READER, "create", INBOX, "It changes nothing."),
    may_not(READER, "replace", INBOX, "It changes nothing."),
    may_not(READER, "delete", INBOX, "It changes nothing."),
    may_not(READER, f"{_BLOB}/read", ACCOUNT, "It knows one container."),
    may(READER, "receive", TO_READ, "It works.", "services/reader/app.py: bus.queue_receiver"),
    may(
        READER,
        "receive dead letters",
        TO_READ,
        "They are below the queue.",
        "services/reader/redrive.py: dead_letters=True",
    ),
    may_not(READER, "send", TO_READ, "A worker that feeds itself never ends."),
    may_not(READER, f"{_BUS}/queues/write", TO_READ, _DATA_ONLY),
    may_not(READER, f"{_BUS}/messages/receive/action", NAMESPACE, "It knows one queue."),
    may(READER, "get", KEY, "It signs.", "services/reader/app.py: self.key.get()"),
    may(READER, "see versions", KEY, "Comes with reading."),
    may_not(READER, "set", KEY, "Whoever signs does not choose the key."),
    may_not(READER, "get", ANOTHER_SECRET, "One key is enough."),
    may_not(READER, "list secrets", VAULT, "One key is enough."),
    may_not(PULLER, "get", TOKEN, "No code gets its token."),
    may(PULLER, _PULL, REGISTRY, "Images are pulled."),
    may_not(PULLER, _PULL, GROUP, "There is one registry."),
    may_not(PULLER, "Microsoft.ContainerRegistry/registries/push/write", REGISTRY, "Never pushed."),
    *(
        row
        for who in (INTAKE, READER)
        for row in (
            may(who, _TELEMETRY, COMPONENT, "Local auth is off."),
            may_not(who, _TELEMETRY, GROUP, "There is one component."),
            may_not(who, "Microsoft.Insights/components/delete", COMPONENT, _DATA_ONLY),
        )
    ),
    may(CLERK, "set", KEY, "Somebody has to."),
    may_not(CLERK, "get", KEY, "Whoever sets it cannot read it back."),
    may_not(CLERK, "see versions", KEY, "It is set, and not looked at."),
    may_not(CLERK, "set", ANOTHER_SECRET, "One key is enough."),
    *(
        may_not(CLERK, f"Microsoft.KeyVault/vaults/secrets/{action}", KEY, "It is only set.")
        for action in (
            "delete",
            "update/action",
            "purge/action",
            "recover/action",
            "backup/action",
            "restore/action",
        )
    ),
)
