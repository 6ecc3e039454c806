"""Run gunicorn for a service as its image does: `python -m local.serve ARGUMENTS-OF-GUNICORN APP`.

It differs from `python -m gunicorn` in two ways. It hides the packages that the images lack and the
SDKs would import here. And it imports the service before gunicorn forks, so that all its processes
share the modules in memory. Each still builds its own application, as in the image.
"""

import gc
import sys
from contextlib import suppress
from importlib import import_module

from gunicorn.app.wsgiapp import run

from local.shared import hide_others


def main(arguments: list[str]) -> None:
    """Serve the application that the last argument names, until a signal."""
    hide_others()
    gc.disable()
    # gunicorn imports the module again if this fails, and logs the reason.
    with suppress(Exception):
        import_module(arguments[-1].partition(":")[0])
    # Otherwise a collection in a worker would write to each shared page, and so copy it:
    # docs.python.org/3/library/gc.html#gc.freeze
    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main(sys.argv[1:])
