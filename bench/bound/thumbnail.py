"""The bound of photos a second: every core makes thumbnails, and nothing else is done."""

import os
import time

from bench.photos import photo
from services.thumbnailer.images import make_thumbnail


def photos_a_second(times: int) -> float:
    """Return the photos of the bench that all cores of this machine shrink in a second."""
    make_thumbnail(photo())
    begun = time.process_time()
    for _ in range(times):
        make_thumbnail(photo())
    return (os.cpu_count() or 1) * times / (time.process_time() - begun)
