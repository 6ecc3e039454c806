"""The index in Blob Storage: two empty blobs for each photo, with its entry as metadata.

`photos/<id>` is the entry, written under optimistic concurrency on that photo alone.
`newest/<time, inverted>-<id>` sorts newest first, so one List Blobs request is one page, however
many photos there are. Photos share nothing, so any number of replicas may write.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError
from azure.servicebus import ServiceBusReceivedMessage
from azure.storage.blob import ContainerClient

from services.catalog import entries
from services.catalog.entries import Entry
from services.common import blobs, logs
from services.common.consumer import Permanent, Transient
from services.photo_events import PROCESSED, REJECTED, parse

log = logging.getLogger(__name__)

_ATTEMPTS = 5


@dataclass(frozen=True)
class Index:
    """The photos, in one container."""

    container: ContainerClient

    def handle(self, message: ServiceBusReceivedMessage) -> None:
        """Record an event; raises Permanent for an unknown one, Transient or AzureError."""
        try:
            new = entries.from_event(parse(message.body, PROCESSED, REJECTED))
        except ValueError as error:
            raise Permanent("UnknownEvent", str(error)) from error
        logs.bind(photo=new.id)
        self.record(new)
        log.info("Recorded as %s", new.state)

    def record(self, new: Entry) -> None:
        """Merge an entry into the index; raises Transient or AzureError.

        After a crash in the middle, the same event again completes it.
        """
        for _ in range(_ATTEMPTS):
            known, etag = self._read(new.id)
            merged = entries.merge(known, new)
            if merged == known or self._write(merged, etag):
                return self._list(merged)
        raise Transient(f"photo {new.id} is being written by others")

    def photo(self, photo: str) -> Entry | None:
        """Return the entry of a photo; raises AzureError."""
        return self._read(photo)[0]

    def page(self, marker: str | None, limit: int) -> tuple[Sequence[Entry], str | None]:
        """Return one page, newest first, and the marker of the next.

        Raises BrokenCursor for a marker that storage did not make, else AzureError.
        """
        listing = self.container.list_blobs(
            name_starts_with="newest/", include=["metadata"], results_per_page=limit
        )
        pages = listing.by_page(continuation_token=marker)
        try:
            blobs_of_page = next(pages, ())
        except HttpResponseError as error:
            if marker and error.status_code == HTTPStatus.BAD_REQUEST:
                raise entries.BrokenCursor from error
            raise
        found = [entries.from_metadata(blob.metadata) for blob in blobs_of_page]
        return found, pages.continuation_token or None  # type: ignore[attr-defined]

    def _read(self, photo: str) -> tuple[Entry | None, str | None]:
        found = blobs.find(self.container, f"photos/{photo}")
        return (entries.from_metadata(found.metadata), found.etag) if found else (None, None)

    def _write(self, entry: Entry, etag: str | None) -> bool:
        """Write unless another replica wrote in the meantime; return whether it was written."""
        blob = self.container.get_blob_client(f"photos/{entry.id}")
        condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        options = {"overwrite": True} | condition if etag else {"overwrite": False}
        try:
            blob.upload_blob(b"", length=0, metadata=entries.to_metadata(entry), **options)
        except (ResourceExistsError, ResourceModifiedError):
            return False
        return True

    def _list(self, entry: Entry) -> None:
        name, metadata = entries.newest_name(entry), entries.to_metadata(entry)
        if entry.state == "processed":
            blob = self.container.get_blob_client(name)
            blob.upload_blob(b"", length=0, metadata=metadata, overwrite=True)
        else:  # only created: it never replaces the entry of a photo that was processed meanwhile
            blobs.create(self.container, name, b"", length=0, metadata=metadata)
