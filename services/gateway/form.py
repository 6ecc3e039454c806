"""The photo of a multipart form, in bounded memory, whatever is sent around it.

`request.files` is shorter, but it reads forms of another kind, too, keeps text fields in memory,
and is empty where a form breaks off or where a name is not UTF-8.
"""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from flask import Request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import ClientDisconnected
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from services.common.web import Problem
from services.gateway.slow_uploads import Pace

FIELD = "photo"
CHUNK = 1 << 14
MOST_AROUND = 64_000  # bytes in the headers of a part, before the first part, and behind the last
MOST_PARTS = 20


class Decoder(MultipartDecoder):
    """Werkzeug's, which takes a file's name in any encoding: nobody reads it."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(data.decode(errors="replace").encode())


def read_photo(request: Request) -> IO[bytes]:
    """Return the first file in the field `photo`, in a temporary file.

    Raises Problem, or RequestEntityTooLarge for the body or for what is around the photo.
    """
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        title = "A photo comes as multipart/form-data, with a boundary"
        raise Problem(415, "not-a-form", title)
    photo, into = None, None
    for event in _events(request, boundary.encode()):
        if isinstance(event, File | Field):
            wanted = isinstance(event, File) and event.name == FIELD and photo is None
            into = TemporaryFile() if wanted else None  # noqa: SIM115, the caller closes it
            photo = photo or into
        elif isinstance(event, Data) and into:
            into.write(event.data)
    if photo is None:
        raise Problem(400, "missing-field", f"The form has no file in its field '{FIELD}'")
    photo.seek(0)
    return photo


def _events(request: Request, boundary: bytes) -> Iterator[Event]:
    """Yield what a form consists of, as it comes; raises as read_photo()."""
    decoder = Decoder(boundary, MOST_AROUND + CHUNK, max_parts=MOST_PARTS)
    pace = Pace()
    with pace.kept(request.environ.get("gunicorn.socket")):
        while data := _chunk(request, pace):
            decoder.receive_data(data)
            yield from _decoded(decoder)
    decoder.receive_data(None)
    yield from _decoded(decoder)


def _chunk(request: Request, pace: Pace) -> bytes:
    try:
        data = request.stream.read(CHUNK)
    except ClientDisconnected:
        data = b""
    if pace.too_slow and not data:
        raise Problem(408, "too-slow", "The photo comes too slowly")
    pace.came += len(data)
    return data


def _decoded(decoder: Decoder) -> Iterator[Event]:
    try:
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            yield event
    except ValueError as error:
        said = "ends without its closing boundary" if decoder.complete else "cannot be read"
        raise Problem(400, "broken-form", f"The form {said}") from error
