"""Run gunicorn for a service as its image does: `python -m local.serve ARGUMENTS-OF-GUNICORN APP`.

It differs from `python -m gunicorn` in two ways. It hides the packages that the images lack and the
SDKs would import here. And it imports the service before gunicorn forks, so that all its processes
share the modules in memory. Each still builds its own application, as in the image.
"""

import gc
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

from gunicorn.app.wsgiapp import run

# Azure's storage SDK imports both if they are installed, for clients of asyncio:
# Azure/azure-sdk-for-python, sdk/storage/azure-storage-blob/azure/storage/blob/_shared.
NOT_IN_IMAGES = ("aiohttp", "yarl")


def hide(packages: Iterable[str]) -> None:
    """Make the import of each of `packages` raise ModuleNotFoundError in this process."""
    for name in packages:
        sys.modules[name] = None  # type: ignore[assignment]  # docs.python.org/3/reference/import.html#the-module-cache


def main(arguments: list[str]) -> None:
    """Serve the application that the last argument names, until a signal."""
    hide(NOT_IN_IMAGES)
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
