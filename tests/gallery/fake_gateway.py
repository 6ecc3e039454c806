"""A fake gateway: the real page and headers, and photos that change on demand."""

import io
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from PIL import Image
from werkzeug.serving import WSGIRequestHandler, make_server

from services.common.web import Problem, init_app

GATEWAY = Path(__file__).parents[2] / "services" / "gateway"
Json = dict[str, Any]


@dataclass
class FakeGateway:
    """The state behind the page's API, and a test's wishes for it."""

    photos: dict[str, Json] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    # The outcomes of the next uploads: each is called instead of the answer.
    upsets: deque[Callable[[], None]] = field(default_factory=deque)
    may_read: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    list_works: bool = True
    in_flight: list[str] = field(default_factory=list)
    most_in_flight: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self.may_read.set()
        self.may_answer.set()

    def id_of(self, key: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, key))

    def receive(self, photo: str | None = None) -> str:
        photo = photo or str(uuid.uuid4())
        created = datetime.now(UTC) + timedelta(seconds=len(self.photos))
        known = {"id": photo, "state": "received", "created": f"{created:%Y-%m-%dT%H:%M:%SZ}"}
        self.photos.setdefault(photo, known)
        return photo

    def process(self, photo: str, width: int = 320, height: int = 240) -> None:
        path = f"/photos/{photo}/thumbnail"
        sizes = {"width": width, "height": height}
        self.photos[photo] |= {"state": "processed", "thumbnail": path} | sizes

    def reject(self, photo: str, reason: str) -> None:
        self.photos[photo] |= {"state": "rejected", "reason": reason}

    def add(self, count: int) -> None:
        for _ in range(count):
            self.process(self.receive())


class Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def lose_connection() -> None:
    """Go away after the upload has arrived: the page cannot know that it has."""
    request.environ["werkzeug.socket"].shutdown(2)


def refuse(status: int, title: str, **headers: str) -> Callable[[], None]:
    def upset() -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raise Problem(status, "test", title, headers=named)

    return upset


def create_app(api: FakeGateway) -> Flask:
    folders = {"static_folder": GATEWAY / "static", "template_folder": GATEWAY / "templates"}
    app = Flask(__name__, **folders)  # type: ignore[arg-type]
    init_app(app)
    app.add_url_rule("/", view_func=(GATEWAY / "templates/gallery.html").read_text)
    app.add_url_rule("/photos", "upload", lambda: upload(api), methods=["POST"])
    app.add_url_rule("/photos", "page", lambda: page(api))
    app.add_url_rule("/photos/<photo>", "one", lambda photo: one(api, photo))
    app.add_url_rule("/photos/<photo>/thumbnail", "thumbnail", lambda photo: thumbnail(api, photo))
    return app


def upload(api: FakeGateway) -> ResponseReturnValue:
    key = request.headers["Idempotency-Key"]
    api.keys.append(key)
    api.in_flight.append(key)
    api.most_in_flight = max(api.most_in_flight, len(api.in_flight))
    try:
        api.may_read.wait(100)
        api.names.append(request.files["photo"].filename or "")
        api.may_answer.wait(100)
        if api.upsets:
            api.upsets.popleft()()
        photo = api.receive(api.id_of(key))
    finally:
        api.in_flight.remove(key)
    return {"id": photo, "state": "received"}, 202, {"Location": f"/photos/{photo}"}


def page(api: FakeGateway) -> ResponseReturnValue:
    if not api.list_works:
        raise Problem(503, "test", "Please try again soon", headers={"Retry-After": "5"})
    start, limit = int(request.args.get("cursor", 0)), int(request.args["limit"])
    known = [photo for photo in api.photos.values() if photo["state"] != "received"]
    known.sort(key=lambda photo: str(photo["created"]), reverse=True)
    end = start + limit
    return {"photos": known[start:end], "next": str(end) if known[end:] else None}


def one(api: FakeGateway, photo: str) -> ResponseReturnValue:
    if photo not in api.photos:
        raise Problem(404, "test", "There is no such photo")
    return api.photos[photo]


def thumbnail(api: FakeGateway, photo: str) -> Response:
    size = api.photos[photo]["width"], api.photos[photo]["height"]
    return Response(image(*size, kind="webp"), mimetype="image/webp")


def image(width: int = 640, height: int = 480, kind: str = "jpeg") -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, kind)
    return file.getvalue()


def serve(api: FakeGateway) -> Callable[[], None]:
    """Serve on a free port; returns the function that ends it."""
    server = make_server("127.0.0.1", 0, create_app(api), threaded=True, request_handler=Silent)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"

    def stop() -> None:
        api.may_read.set()
        api.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()

    return stop
