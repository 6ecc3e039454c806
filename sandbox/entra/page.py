"""The page on which a person enters the code of a sign-in, and picks an account.

It is plain HTTP on loopback, for a browser that knows neither the proxy nor the sandbox's
certificate. A post to it must show the key of `./keyless sign-in`.
"""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from sandbox.commands import KEYLESS
from sandbox.entra.device_codes import UnknownCodeError
from sandbox.entra.login import LARGEST_FORM, read_form
from sandbox.entra.sign_in import SERVICE, Form, SignIn

PATH = "/device"

_FOLDER = Path(__file__).with_name("pages")
_TEMPLATE = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True).get_template(
    "device.html"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address may hold the key
    "X-Content-Type-Options": "nosniff",
}
_WRONG_KEY = f"That is not the key of this sandbox: {KEYLESS} sign-in prints it."
_NOBODY = "There is no such account here."


@dataclass(frozen=True)
class Outcome:
    """The outcome of a code that was entered: a status, and a sentence for the person."""

    status: int
    sentence: str

    @property
    def done(self) -> bool:
        return self.status == 200


def application(sign_in: SignIn) -> web.Application:
    """Return the page as an HTTP application, for a listener of its own."""
    page = _Page(sign_in)
    application = web.Application(client_max_size=LARGEST_FORM)
    application.router.add_get(PATH, page.show)
    application.router.add_post(PATH, page.enter)
    application.router.add_get(f"{PATH}.css", page.style)
    return application


def enter(sign_in: SignIn, form: Form) -> Outcome:
    """Approve or decline the code in `form`, if it shows the key."""
    if not sign_in.has_key(form.get("key", "").strip()):
        sign_in.ledger.refuse(SERVICE, "EnterCode", "the key is wrong or missing")
        return Outcome(403, _WRONG_KEY)
    user = sign_in.user(form.get("who", ""))
    if user is None:
        return Outcome(400, _NOBODY)
    try:
        if form.get("answer") == "decline":
            sign_in.codes.decline(form.get("code", ""))
            return Outcome(200, "You have declined the sign-in.")
        sign_in.codes.approve(form.get("code", ""), user)
    except UnknownCodeError as error:
        return Outcome(404, str(error))
    return Outcome(200, f"You have signed in as the {user.name}. You may close this page.")


class _Page:
    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def show(self, request: web.Request) -> web.Response:
        return self._html(dict(request.query))

    async def enter(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        outcome = enter(self._sign_in, form)
        if request.headers.get("Accept") == "text/plain":
            return web.Response(status=outcome.status, text=outcome.sentence, headers=_HEADERS)
        return self._html(form, outcome)

    async def style(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(_FOLDER / "device.css", headers=_HEADERS)

    def _html(self, form: Form, outcome: Outcome | None = None) -> web.Response:
        text = _TEMPLATE.render(
            code=form.get("code", ""),
            key=form.get("key", ""),
            knows=self._sign_in.has_key(form.get("key", "")),
            who=form.get("who", ""),
            users=[each.name for each in self._sign_in.users],
            outcome=outcome,
        )
        status = outcome.status if outcome else 200
        return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
