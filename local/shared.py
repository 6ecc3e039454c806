"""The packages of the services, which their images have, and which the services share here."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

PACKAGES = (
    "azure.identity",
    "azure.keyvault.secrets",
    "azure.monitor.opentelemetry",
    "azure.servicebus",
    "azure.storage.blob",
    "flask",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "jwt",
    "multiprocessing.connection",
    "opentelemetry.instrumentation.flask",
    "pyvips",
    "requests",
    "standardwebhooks",
    "websocket",
)

# Variables that these packages read when they are imported.
READ_BY_IMPORT = frozenset(
    {
        "AKS_ARM_NAMESPACE_ID",
        "APPLICATIONINSIGHTS_PYTHON_ATTACHTYPE",
        "AZURE_MONITOR_DISTRO_VERSION",
        "ApplicationInsightsAgent_EXTENSION_VERSION",
        "FORWARDED_ALLOW_IPS",
        "FUNCTIONS_WORKER_RUNTIME",
        "KUBERNETES_SERVICE_HOST",
        "MICROSOFT_OPENTELEMETRY_VERSION",
        "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS",
        "OTEL_PROPAGATORS",
        "OTEL_PYTHON_CONTEXT",
        "OTEL_PYTHON_EXCLUDED_URLS",
        "OTEL_PYTHON_FLASK_EXCLUDED_URLS",
        "OTEL_RESOURCE_ATTRIBUTES",
        "OTEL_SERVICE_NAME",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "PORT",
        "WEBSITE_OWNER_NAME",
        "WEBSITE_SITE_NAME",
        "WEB_CONCURRENCY",
        "WRAPT_DISABLE_EXTENSIONS",
        "XDG_RUNTIME_DIR",
    }
)

# Azure's storage SDK imports both if they are installed, for clients of asyncio:
# Azure/azure-sdk-for-python, sdk/storage/azure-storage-blob/azure/storage/blob/_shared.
NOT_IN_IMAGES = ("aiohttp", "yarl")


def hide_others() -> None:
    """Make the import of each package that the images lack raise ModuleNotFoundError here."""
    for name in NOT_IN_IMAGES:
        sys.modules[name] = None  # type: ignore[assignment]  # docs.python.org/3/reference/import.html#the-module-cache


def reads_by_import(variables: Iterable[str]) -> bool:
    """Return whether an import would read one of these variables, so that it has to come later."""
    return not READ_BY_IMPORT.isdisjoint(variables)


def import_packages() -> None:
    """Import the packages, for services that are forked from this process.

    A service whose package is broken imports it again, and its log has the reason.
    """
    hide_others()
    for name in PACKAGES:
        with suppress(Exception):
            import_module(name)
