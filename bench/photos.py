"""A photo to upload, and the gallery as a browser sees it."""

import io
import time
from dataclasses import dataclass, field
from functools import cache
from threading import local
from typing import Any

import requests
from PIL import Image

from bench.process import BenchError
from sandbox.loopback import open_session

_SIZE = (1600, 1067)
_PATIENCE = 60.0
_PAUSE = 0.1


@cache
def photo() -> bytes:
    """Return a JPEG like a phone's: gradients, so that it is neither empty nor noise."""
    ramp = Image.linear_gradient("L").resize(_SIZE)
    around = Image.radial_gradient("L").resize(_SIZE)
    content = io.BytesIO()
    Image.merge("RGB", (ramp, around, ramp.rotate(180))).save(content, "JPEG", quality=90)
    return content.getvalue()


@dataclass(frozen=True)
class Gallery:
    """A gallery at an address; threads may share it."""

    url: str
    _own: local = field(default_factory=local)

    def page(self, limit: int = 24) -> dict[str, Any]:
        """Return the first page. Raises BenchError."""
        answer = self._session.get(f"{self.url}/photos", params={"limit": limit}, timeout=30)
        return self._json(answer, 200)

    def upload(self) -> str:
        """Upload a photo; return its id. Raises BenchError."""
        files = {"photo": ("bench.jpg", photo(), "image/jpeg")}
        answer = self._session.post(f"{self.url}/photos", files=files, timeout=60)
        return str(self._json(answer, 202)["id"])

    def has_thumbnail(self, photo: str) -> bool:
        """Return whether the gallery shows a photo's thumbnail. Raises BenchError."""
        answer = self._session.get(f"{self.url}/photos/{photo}", timeout=30)
        return "thumbnail" in self._json(answer, 200)

    def show_one(self) -> None:
        """Upload a photo and wait until the gallery shows it. Raises BenchError."""
        begun, uploaded = time.monotonic(), self.upload()
        while not self.has_thumbnail(uploaded):
            if time.monotonic() - begun > _PATIENCE:
                raise BenchError(f"there was no thumbnail within {_PATIENCE:.0f} s")
            time.sleep(_PAUSE)

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = open_session()
        session: requests.Session = self._own.session
        return session

    def _json(self, answer: requests.Response, wanted: int) -> dict[str, Any]:
        if answer.status_code != wanted:
            raise BenchError(f"the gallery answered {answer.status_code}: {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found
