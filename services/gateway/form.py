"""The photo of a multipart form, read in bounded memory.

`request.files` is shorter, but it also reads other kinds of forms, keeps text fields in memory, and
is empty where a form breaks off or where a name is not UTF-8.
"""

from collections.abc import Iterator
from itertools import chain
from tempfile import TemporaryFile
from typing import IO

from flask import Request
from werkzeug.datastructures import Headers
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from services.common.web import Problem

_FIELD = "photo"
_CHUNK = 1 << 14
_MAX_AROUND = 64_000  # bytes of a part's headers, before the first part, and after the last
_MAX_PARTS = 20


class _Decoder(MultipartDecoder):
    """Werkzeug's decoder, with file names in any encoding: they are not used."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(data.decode(errors="replace").encode())


def read_photo(request: Request) -> IO[bytes]:
    """Return the first file in the field `photo`, in a temporary file.

    Raises Problem, or RequestEntityTooLarge for the body or for the form around the photo.
    """
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        title = "A photo comes as multipart/form-data, with a boundary"
        raise Problem(415, "not-a-form", title)
    photo = into = None
    for event in _events(request, boundary.encode()):
        if isinstance(event, File | Field):
            wanted = isinstance(event, File) and event.name == _FIELD and photo is None
            into = TemporaryFile() if wanted else None  # noqa: SIM115, the caller closes it
            photo = photo or into
        elif isinstance(event, Data) and into:
            into.write(event.data)
    if photo is None:
        raise Problem(400, "missing-field", f"The form has no file in its field '{_FIELD}'")
    photo.seek(0)
    return photo


def _events(request: Request, boundary: bytes) -> Iterator[Event]:
    """Yield the events of a form as its bytes arrive; raises as read_photo()."""
    decoder = _Decoder(boundary, _MAX_AROUND + _CHUNK, max_parts=_MAX_PARTS)
    try:
        for data in chain(iter(lambda: request.stream.read(_CHUNK), b""), [None]):
            decoder.receive_data(data)
            while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
                yield event
    except ValueError as error:
        why = "ends without its closing boundary" if decoder.complete else "cannot be read"
        raise Problem(400, "broken-form", f"The form {why}") from error
