"""Run gunicorn for a service as its image does: `python -m local.serve ARGUMENTS-OF-GUNICORN APP`.

It differs from `python -m gunicorn` in two ways. Packages that the images lack are hidden, because
the SDKs import some of them wherever they find them. And the service is imported before gunicorn
forks, so that its processes import once and share that memory; each builds its application itself.
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
    """Let `packages` be missing in this process: importing one raises ModuleNotFoundError."""
    for name in packages:
        sys.modules[name] = None  # type: ignore[assignment]  # docs.python.org/3/reference/import.html#the-module-cache


def main(arguments: list[str]) -> None:
    """Serve the application that the last argument names, until a signal."""
    hide(NOT_IN_IMAGES)
    gc.disable()
    # A module that cannot be imported fails again in gunicorn, which logs why.
    with suppress(Exception):
        import_module(arguments[-1].partition(":")[0])
    # A collection in a worker would otherwise write to, and so copy, each page that is shared.
    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main(sys.argv[1:])
