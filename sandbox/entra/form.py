"""The fields of a form that was posted, read within limits: nobody has proven anything yet."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

# A refresh token is the longest thing that is sent here, and takes about 1 kB.
LARGEST = 64 * 1024
_MOST_FIELDS = 64
_URL_ENCODED = "application/x-www-form-urlencoded"

Form = Mapping[str, str]


async def read_form(request: web.Request) -> Form:
    """Return the fields of the body; none of what is no form, or has too many fields.

    The application's client_max_size has to be LARGEST: a longer body is answered 413.
    """
    if request.content_type != _URL_ENCODED:
        return {}
    body = await request.read()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return dict(pairs)
