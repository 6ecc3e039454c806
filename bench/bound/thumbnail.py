"""The bound of photos a second: every core makes thumbnails, and nothing else is done."""

import os
import time

from bench.photos import photo


def photos_a_second(times: int) -> float:
    """Return the photos of the bench that all cores of this machine shrink in a second."""
    # A project made of this one need not have the thumbnailer; its `bench` then says so.
    from services.thumbnailer.images import make_thumbnail  # noqa: PLC0415

    make_thumbnail(photo())
    begun = time.process_time()
    for _ in range(times):
        make_thumbnail(photo())
    return (os.cpu_count() or 1) * times / (time.process_time() - begun)
