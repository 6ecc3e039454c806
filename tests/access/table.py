"""The rights and denials of each identity: written by hand, from intent, and not from the Bicep.

It is this deployment's: another has a table of its own here, in the same words (rows.py), and the
tests beside it stay as they are.
"""

from tests.access.rows import (
    ACCOUNT,
    ANOTHER_SECRET,
    API,
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
from tests.access.sample import (
    CATALOG,
    DEVELOPER,
    EVENTS,
    FOR_CATALOG,
    FOR_NOTIFIER,
    GATEWAY,
    INDEX,
    KEY,
    NOTIFIER,
    OPERATOR,
    ORIGINALS,
    PLATFORM,
    THUMBNAILER,
    THUMBNAILS,
    UPLOADS,
)

_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_BUS = "Microsoft.ServiceBus/namespaces"
_SECRET = "Microsoft.KeyVault/vaults/secrets"

_LISTING = "Listing is blobs/read: a reader of a container's blobs may list them, too."
_NO_LISTING = "No service needs to list the account's containers."
_NO_DELETE = "Nothing in the pipeline deletes; originals end by the lifecycle rule."
_ONLY_OWN = "Another subscription's events are another service's."
_NOT_THE_SECRET = "The one secret is the notifier's."
_NO_CONTROL = "A right on data is none on the thing that holds it."
_NO_SUPERUSER = "It would open every operation on files and their owners."
_NO_VAULT = "A right on one secret shows no other secret, not even its name."
_TELEMETRY = "Local auth is off on the component."
_ONE_COMPONENT = "Telemetry goes to this one component."
_DEAD_LETTERS = "The dead letters of an entity are below it, and so is the right to receive."
_PEEK = "A receiver may look at a message first."

TABLE: tuple[Row, ...] = (
    # The gateway: the public face, open to the internet.
    may(
        GATEWAY,
        "create",
        ORIGINALS,
        "A photo that is uploaded is stored.",
        "services/gateway/photos.py: blobs.create(_deps().originals",
    ),
    may(
        GATEWAY,
        "see tags",
        ORIGINALS,
        "The narrowest right that shows whether a photo exists.",
        "services/gateway/photos.py: get_blob_tags()",
    ),
    may_not(GATEWAY, "replace", ORIGINALS, "An intruder cannot change the uploads of others."),
    may_not(
        GATEWAY, "read", ORIGINALS, "Originals hold data that thumbnails lack, such as places."
    ),
    may_not(GATEWAY, "list", ORIGINALS, "The public never learns which photos were uploaded."),
    may_not(GATEWAY, "delete", ORIGINALS, _NO_DELETE),
    may_not(GATEWAY, "set tags", ORIGINALS, "Tags of Azure's own malware scan would be at stake."),
    may_not(GATEWAY, "find by tags", ORIGINALS, "Finding is a way of listing."),
    may_not(GATEWAY, f"{_BLOB}/move/action", ORIGINALS, "A move deletes the source."),
    may_not(GATEWAY, f"{_BLOB}/deleteBlobVersion/action", ORIGINALS, _NO_DELETE),
    may_not(GATEWAY, f"{_BLOB}/permanentDelete/action", ORIGINALS, _NO_DELETE),
    may_not(GATEWAY, f"{_BLOB}/runAsSuperUser/action", ORIGINALS, _NO_SUPERUSER),
    may_not(
        GATEWAY,
        f"{_BLOB}/immutableStorage/runAsSuperUser/action",
        ORIGINALS,
        "No policy on the container is the gateway's to lift.",
    ),
    may_not(GATEWAY, f"{_BLOB}/manageOwnership/action", ORIGINALS, _NO_CONTROL),
    may_not(GATEWAY, f"{_BLOB}/modifyPermissions/action", ORIGINALS, _NO_CONTROL),
    may(
        GATEWAY,
        "read",
        THUMBNAILS,
        "The gallery shows them.",
        "services/gateway/photos.py: _deps().thumbnails.download_blob",
    ),
    may(GATEWAY, "list", THUMBNAILS, _LISTING),
    may_not(GATEWAY, "create", THUMBNAILS, "The gallery shows thumbnails and never makes one."),
    may_not(GATEWAY, "replace", THUMBNAILS, "The gallery shows thumbnails and never makes one."),
    may_not(GATEWAY, "delete", THUMBNAILS, _NO_DELETE),
    may_not(GATEWAY, "read", INDEX, "The index is asked for over catalog's API."),
    may_not(GATEWAY, "create", INDEX, "The index is the catalog's alone."),
    may_not(GATEWAY, "list containers", ACCOUNT, _NO_LISTING),
    may_not(GATEWAY, "create container", ACCOUNT, "Containers are made by the Bicep."),
    may(
        GATEWAY,
        "send",
        UPLOADS,
        "Each photo that is stored is announced.",
        "services/gateway/photos.py: _deps().uploads.send(",
    ),
    may_not(GATEWAY, "receive", UPLOADS, "The public face must not take work away."),
    may_not(GATEWAY, "peek", UPLOADS, "Nor look at it."),
    may_not(GATEWAY, "receive dead letters", UPLOADS, "Nor take failed messages."),
    may_not(GATEWAY, f"{_BUS}/queues/write", UPLOADS, _NO_CONTROL),
    may_not(GATEWAY, "send", EVENTS, "The outcome of a photo is not the gateway's to report."),
    may_not(GATEWAY, "receive", FOR_CATALOG, _ONLY_OWN),
    may_not(GATEWAY, "receive", FOR_NOTIFIER, _ONLY_OWN),
    may(
        GATEWAY,
        "call",
        API,
        "The gallery's pages are the catalog's; infra/entra declares the holders of its app role.",
        "services/gateway/catalog.py: self._get(",
    ),
    may_not(GATEWAY, "get", KEY, _NOT_THE_SECRET),
    may_not(GATEWAY, "set", KEY, _NOT_THE_SECRET),
    may_not(GATEWAY, "list secrets", VAULT, _NO_VAULT),
    # The thumbnailer: it parses hostile images.
    may(
        THUMBNAILER,
        "read",
        ORIGINALS,
        "A thumbnail is made from the original.",
        "services/thumbnailer/worker.py: self.originals",
    ),
    may(THUMBNAILER, "list", ORIGINALS, _LISTING),
    may_not(THUMBNAILER, "create", ORIGINALS, "A hostile image can change no original."),
    may_not(THUMBNAILER, "replace", ORIGINALS, "A hostile image can change no original."),
    may_not(THUMBNAILER, "delete", ORIGINALS, _NO_DELETE),
    may_not(THUMBNAILER, "see tags", ORIGINALS, "It reads the photo; its tags are no concern."),
    may(
        THUMBNAILER,
        "read",
        THUMBNAILS,
        "Its existence decides the outcome of a dead letter.",
        "services/thumbnailer/worker.py: self.thumbnails",
    ),
    may(THUMBNAILER, "list", THUMBNAILS, _LISTING),
    may(
        THUMBNAILER,
        "create",
        THUMBNAILS,
        "It makes them.",
        "services/thumbnailer/worker.py: self.thumbnails",
    ),
    may(
        THUMBNAILER,
        "replace",
        THUMBNAILS,
        "After a crash the same one is written again.",
        "services/thumbnailer/worker.py: overwrite=True",
    ),
    may_not(THUMBNAILER, "delete", THUMBNAILS, _NO_DELETE),
    may_not(THUMBNAILER, "see tags", THUMBNAILS, "Thumbnails have no tags."),
    may_not(THUMBNAILER, "set tags", THUMBNAILS, "Thumbnails have no tags."),
    may_not(THUMBNAILER, "find by tags", THUMBNAILS, "Thumbnails have no tags."),
    may_not(
        THUMBNAILER,
        f"{_BLOB}/add/action",
        THUMBNAILS,
        "Writing creates as well; the role holds no action that another includes.",
    ),
    may_not(THUMBNAILER, f"{_BLOB}/move/action", THUMBNAILS, "A move deletes the source."),
    may_not(THUMBNAILER, f"{_BLOB}/deleteBlobVersion/action", THUMBNAILS, _NO_DELETE),
    may_not(THUMBNAILER, f"{_BLOB}/permanentDelete/action", THUMBNAILS, _NO_DELETE),
    may_not(THUMBNAILER, f"{_BLOB}/runAsSuperUser/action", THUMBNAILS, _NO_SUPERUSER),
    may_not(
        THUMBNAILER,
        f"{_BLOB}/immutableStorage/runAsSuperUser/action",
        THUMBNAILS,
        "No policy on the container is the thumbnailer's to lift.",
    ),
    may_not(THUMBNAILER, f"{_BLOB}/manageOwnership/action", THUMBNAILS, _NO_CONTROL),
    may_not(THUMBNAILER, f"{_BLOB}/modifyPermissions/action", THUMBNAILS, _NO_CONTROL),
    may_not(THUMBNAILER, "read", INDEX, "The index is the catalog's alone."),
    may_not(THUMBNAILER, "create", INDEX, "The index is the catalog's alone."),
    may_not(THUMBNAILER, "list containers", ACCOUNT, _NO_LISTING),
    may(
        THUMBNAILER,
        "receive",
        UPLOADS,
        "It works off the queue.",
        "services/thumbnailer/app.py: bus.queue_receiver",
    ),
    may(
        THUMBNAILER,
        "receive dead letters",
        UPLOADS,
        _DEAD_LETTERS,
        "services/thumbnailer/app.py: dead_letters=True",
    ),
    may(THUMBNAILER, "peek", UPLOADS, _PEEK),
    may_not(THUMBNAILER, "send", UPLOADS, "A worker that feeds itself never ends."),
    may_not(THUMBNAILER, f"{_BUS}/queues/write", UPLOADS, _NO_CONTROL),
    may(
        THUMBNAILER,
        "send",
        EVENTS,
        "It publishes the outcome of a photo.",
        "services/thumbnailer/app.py: client.get_topic_sender",
    ),
    may_not(THUMBNAILER, f"{_BUS}/topics/write", EVENTS, _NO_CONTROL),
    may_not(THUMBNAILER, "receive", FOR_CATALOG, "It cannot see the listeners, nor their events."),
    may_not(THUMBNAILER, "receive", FOR_NOTIFIER, "It cannot see the listeners, nor their events."),
    may_not(THUMBNAILER, "call", API, "It makes thumbnails and needs no list of them."),
    may_not(THUMBNAILER, "get", KEY, _NOT_THE_SECRET),
    may_not(THUMBNAILER, "list secrets", VAULT, _NO_VAULT),
    # The catalog: it lists photos, and never sees one.
    may(
        CATALOG,
        "receive",
        FOR_CATALOG,
        "The index follows its own subscription.",
        "services/catalog/app.py: bus.subscription_receiver",
    ),
    may(
        CATALOG,
        "receive dead letters",
        FOR_CATALOG,
        _DEAD_LETTERS,
        "services/catalog/redrive.py: dead_letters=True",
    ),
    may(CATALOG, "peek", FOR_CATALOG, _PEEK),
    may_not(CATALOG, "receive", FOR_NOTIFIER, _ONLY_OWN),
    may_not(CATALOG, f"{_BUS}/topics/subscriptions/write", FOR_CATALOG, _NO_CONTROL),
    may_not(CATALOG, "send", EVENTS, "A listener has nothing to send."),
    may_not(CATALOG, "send", UPLOADS, "A listener has nothing to send."),
    may_not(CATALOG, "receive", UPLOADS, "Uploads are the thumbnailer's."),
    may(
        CATALOG,
        "read",
        INDEX,
        "A photo's entry is read for its page.",
        "services/catalog/index.py: self.container",
    ),
    may(
        CATALOG,
        "list",
        INDEX,
        "A page of the index is one listing.",
        "services/catalog/index.py: list_blobs",
    ),
    may(
        CATALOG,
        "create",
        INDEX,
        "An entry is written for each photo.",
        "services/catalog/index.py: self.container",
    ),
    may(CATALOG, "replace", INDEX, "A success overtakes a rejection."),
    may_not(CATALOG, "delete", INDEX, _NO_DELETE),
    may_not(CATALOG, "see tags", INDEX, "Entries have no tags."),
    may_not(CATALOG, "read", ORIGINALS, "The list of photos shows none."),
    may_not(CATALOG, "read", THUMBNAILS, "The list of photos shows none."),
    may_not(CATALOG, "create", THUMBNAILS, "Thumbnails are the thumbnailer's."),
    may_not(CATALOG, "list containers", ACCOUNT, _NO_LISTING),
    may_not(CATALOG, "call", API, "It is the API, and calls none."),
    may_not(CATALOG, "get", KEY, _NOT_THE_SECRET),
    # The notifier: it knows the one secret.
    may(
        NOTIFIER,
        "receive",
        FOR_NOTIFIER,
        "The partner gets these events.",
        "services/notifier/app.py: bus.subscription_receiver",
    ),
    may(
        NOTIFIER,
        "receive dead letters",
        FOR_NOTIFIER,
        _DEAD_LETTERS,
        "services/notifier/redrive.py: dead_letters=True",
    ),
    may(NOTIFIER, "peek", FOR_NOTIFIER, _PEEK),
    may_not(NOTIFIER, "receive", FOR_CATALOG, _ONLY_OWN),
    may_not(NOTIFIER, f"{_BUS}/topics/subscriptions/write", FOR_NOTIFIER, _NO_CONTROL),
    may_not(NOTIFIER, "receive", UPLOADS, "Uploads are the thumbnailer's."),
    may_not(NOTIFIER, "send", EVENTS, "The notifier cannot publish events."),
    may(
        NOTIFIER,
        "get",
        KEY,
        "A webhook is signed with it.",
        "services/notifier/app.py: CachedSecret(client",
    ),
    may(NOTIFIER, "see versions", KEY, "Secrets User also shows a secret's versions."),
    may_not(NOTIFIER, "set", KEY, "An intruder cannot set a key of their own."),
    may_not(NOTIFIER, "update", KEY, "Nor disable the current one."),
    may_not(NOTIFIER, "delete secret", KEY, "Nor take it away."),
    may_not(NOTIFIER, "purge", KEY, "Nor take it away for good."),
    may_not(NOTIFIER, "get", ANOTHER_SECRET, _NO_VAULT),
    may_not(NOTIFIER, "list secrets", VAULT, _NO_VAULT),
    may_not(NOTIFIER, f"{_SECRET}/write", KEY, _NO_CONTROL),
    may_not(NOTIFIER, "call", API, "All that it sends is in the event."),
    may_not(NOTIFIER, "read", ORIGINALS, "The partner gets a photo's event, never the photo."),
    may_not(NOTIFIER, "read", THUMBNAILS, "The partner gets a photo's event, never the photo."),
    may_not(NOTIFIER, "read", INDEX, "The partner gets a photo's event, never the photo."),
    # The platform's identity: on every app, and no code gets its token.
    may_not(PLATFORM, "get", TOKEN, "Its lifecycle is None: code in the app cannot use it."),
    may(
        PLATFORM,
        "Microsoft.ContainerRegistry/registries/pull/read",
        REGISTRY,
        "Container Apps pulls the images with it.",
    ),
    may_not(
        PLATFORM,
        "Microsoft.ContainerRegistry/registries/push/write",
        REGISTRY,
        "The deployment pushes images.",
    ),
    may_not(
        PLATFORM,
        "Microsoft.ContainerRegistry/registries/pull/read",
        GROUP,
        "There is one registry to pull from.",
    ),
    *(
        may(PLATFORM, f"{_BUS}/{kind}/read", entity, "The scaler reads how many messages wait.")
        for kind, entity in (
            ("queues", UPLOADS),
            ("topics/subscriptions", FOR_CATALOG),
            ("topics/subscriptions", FOR_NOTIFIER),
        )
    ),
    *(
        may_not(
            PLATFORM,
            "Microsoft.Authorization/roleAssignments/write",
            entity,
            "Whatever rights the scaler turns out to need, granting is none of them.",
        )
        for entity in (UPLOADS, FOR_CATALOG, FOR_NOTIFIER)
    ),
    may_not(PLATFORM, f"{_BUS}/messages/send/action", EVENTS, "The scaler counts three entities."),
    may_not(PLATFORM, f"{_BLOB}/read", ORIGINALS, "The scaler counts messages alone."),
    # Telemetry, of every service.
    *(
        row
        for who in (GATEWAY, THUMBNAILER, CATALOG, NOTIFIER, DEVELOPER)
        for row in (
            may(who, "Microsoft.Insights/Telemetry/Write", COMPONENT, _TELEMETRY),
            may_not(who, "Microsoft.Insights/Telemetry/Write", GROUP, _ONE_COMPONENT),
            may_not(who, "Microsoft.Insights/components/delete", COMPONENT, _NO_CONTROL),
        )
    ),
    # The developer: the four services under one sign-in, and no more than they have together.
    may(DEVELOPER, "create", ORIGINALS, "As the gateway."),
    may(DEVELOPER, "see tags", ORIGINALS, "As the gateway."),
    may(DEVELOPER, "read", ORIGINALS, "As the thumbnailer."),
    may_not(DEVELOPER, "replace", ORIGINALS, "No service may."),
    may_not(DEVELOPER, "delete", ORIGINALS, "No service may."),
    may(DEVELOPER, "read", THUMBNAILS, "As the thumbnailer."),
    may(DEVELOPER, "create", THUMBNAILS, "As the thumbnailer."),
    may_not(DEVELOPER, "see tags", THUMBNAILS, "No service may."),
    may_not(DEVELOPER, "delete", THUMBNAILS, "No service may."),
    may(DEVELOPER, "read", INDEX, "As the catalog."),
    may(DEVELOPER, "create", INDEX, "As the catalog."),
    may_not(DEVELOPER, "delete", INDEX, "No service may."),
    may_not(DEVELOPER, "list containers", ACCOUNT, "No service may."),
    may(DEVELOPER, "send", UPLOADS, "As the gateway."),
    may(DEVELOPER, "receive", UPLOADS, "As the thumbnailer."),
    may_not(DEVELOPER, f"{_BUS}/queues/write", UPLOADS, "No service may."),
    may(DEVELOPER, "send", EVENTS, "As the thumbnailer."),
    may_not(DEVELOPER, f"{_BUS}/topics/write", EVENTS, "No service may."),
    may_not(
        DEVELOPER,
        f"{_BUS}/messages/receive/action",
        EVENTS,
        "A right on the topic would open whatever subscription comes next.",
    ),
    may(DEVELOPER, "receive", FOR_CATALOG, "As the catalog."),
    may(DEVELOPER, "receive", FOR_NOTIFIER, "As the notifier."),
    *(
        may_not(DEVELOPER, f"{_BUS}/topics/subscriptions/write", entity, "No service may.")
        for entity in (FOR_CATALOG, FOR_NOTIFIER)
    ),
    may_not(
        DEVELOPER,
        f"{_BUS}/messages/send/action",
        NAMESPACE,
        "A right on the namespace would open whatever entity comes next.",
    ),
    may_not(
        DEVELOPER,
        f"{_BUS}/messages/receive/action",
        NAMESPACE,
        "A right on the namespace would open whatever entity comes next.",
    ),
    may(DEVELOPER, "call", API, "As the gateway."),
    may(DEVELOPER, "get", KEY, "As the notifier."),
    may_not(DEVELOPER, "set", KEY, "That is the operator's."),
    may_not(DEVELOPER, "get", ANOTHER_SECRET, "No service may."),
    may_not(DEVELOPER, "list secrets", VAULT, "No service may."),
    # The operator: sets the one secret, and cannot read it back.
    may(
        OPERATOR,
        "set",
        KEY,
        "The key has to come from an operator.",
        "sandbox/supervisor/operator.py: await self._set(key, value)",
    ),
    may(OPERATOR, "see versions", KEY, "Whether it was set, and when."),
    may_not(OPERATOR, "get", KEY, "The operator cannot read the key back."),
    may_not(OPERATOR, "update", KEY, "A new key is a new version."),
    may_not(OPERATOR, "delete secret", KEY, "The operator cannot delete the key."),
    may_not(OPERATOR, "purge", KEY, "Nor for good."),
    may_not(OPERATOR, "recover", KEY, "An owner recovers a deleted secret."),
    may_not(OPERATOR, "back up", KEY, "A backup is a copy to read elsewhere."),
    may_not(OPERATOR, f"{_SECRET}/restore/action", KEY, "Nor can one be brought from elsewhere."),
    may_not(OPERATOR, "set", ANOTHER_SECRET, _NO_VAULT),
    may_not(OPERATOR, "list secrets", VAULT, _NO_VAULT),
    may_not(OPERATOR, "call", API, "Keys are no photos."),
    may_not(OPERATOR, "read", ORIGINALS, "Keys are no photos."),
    may_not(OPERATOR, "send", UPLOADS, "Keys are no photos."),
    may_not(OPERATOR, "receive", FOR_NOTIFIER, "Keys are no photos."),
)
