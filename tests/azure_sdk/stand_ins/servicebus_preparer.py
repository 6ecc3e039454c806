"""The preparers of Azure's Service Bus tests: they create entities in the sandbox's namespace.

They stand in for the file of the same name, which creates a namespace by Resource Manager.
"""

import functools
import os
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import entities
from devtools_testutils import Test, with_arguments

SERVICEBUS_ENDPOINT_SUFFIX = ".servicebus.windows.net"
_NAMESPACE = os.environ["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"].removesuffix(
    SERVICEBUS_ENDPOINT_SUFFIX
)
# A key that no namespace has: the sandbox takes tokens alone.
_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_CONNECTION = (
    f"Endpoint=sb://{_NAMESPACE}{SERVICEBUS_ENDPOINT_SUFFIX}/;"
    f"SharedAccessKeyName=none;SharedAccessKey={_KEY}"
)
_cache: dict[tuple[Any, ...], str] = {}


class _Preparer:
    """Create one entity, or with `use_cache` one for all tests with the same settings."""

    parameter = ""

    def __init__(self, name_prefix: str = "", use_cache: bool = False, **settings: Any) -> None:
        for each in ("random_name_enabled", "random_name_length", "location", "sku"):
            settings.pop(each, None)
        self._parameter = settings.pop("parameter_name", self.parameter)
        self._prefix, self._use_cache, self._settings = name_prefix, use_cache, settings

    def __call__(self, test: Test) -> Test:
        return with_arguments(test, self._prepared)

    def _prepared(self, given: dict[str, Any]) -> dict[str, Any]:
        parent = getattr(given.get("servicebus_topic"), "name", "")
        key = (type(self), parent, self._prefix, *sorted(self._settings.items()))
        if self._use_cache and key in _cache:
            name = _cache[key]
        else:
            name = f"{self._prefix or 'any'}{uuid.uuid4().hex[:12]}"
            self.create(name, parent, self._settings)
            if self._use_cache:
                _cache[key] = name
        return {self._parameter: SimpleNamespace(name=name, id=name)}

    def create(self, name: str, parent: str, settings: dict[str, Any]) -> None:
        raise NotImplementedError


class ServiceBusQueuePreparer(_Preparer):
    parameter = "servicebus_queue"

    def create(self, name: str, parent: str, settings: dict[str, Any]) -> None:
        entities.create_queue(name, {"lock_duration": "PT30S", **settings})


class ServiceBusTopicPreparer(_Preparer):
    parameter = "servicebus_topic"

    def create(self, name: str, parent: str, settings: dict[str, Any]) -> None:
        entities.create_topic(name, settings)


class ServiceBusSubscriptionPreparer(_Preparer):
    parameter = "servicebus_subscription"

    def create(self, name: str, parent: str, settings: dict[str, Any]) -> None:
        entities.create_subscription(parent, name, {"lock_duration": "PT60S", **settings})


class _Given:
    """Give a test what the namespace has, and create nothing."""

    values: Callable[[], dict[str, Any]]

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, test: Test) -> Test:
        return with_arguments(test, lambda _: type(self).values())


class ServiceBusResourceGroupPreparer(_Given):
    values = staticmethod(lambda: {"resource_group": SimpleNamespace(name="any"), "location": ""})


class ServiceBusNamespacePreparer(_Given):
    values = staticmethod(
        lambda: {
            "servicebus_namespace": SimpleNamespace(name=_NAMESPACE),
            "servicebus_namespace_connection_string": _CONNECTION,
            "servicebus_namespace_key_name": "none",
            "servicebus_namespace_primary_key": _KEY,
        }
    )


class ServiceBusNamespaceAuthorizationRulePreparer(_Given):
    values = staticmethod(
        lambda: {
            "servicebus_authorization_rule": SimpleNamespace(name="none"),
            "servicebus_authorization_rule_connection_string": _CONNECTION,
        }
    )


class ServiceBusQueueAuthorizationRulePreparer(_Given):
    values = staticmethod(
        lambda: {
            "servicebus_queue_authorization_rule": SimpleNamespace(name="none"),
            "servicebus_queue_authorization_rule_connection_string": _CONNECTION,
        }
    )


CachedServiceBusResourceGroupPreparer = ServiceBusResourceGroupPreparer
CachedServiceBusNamespacePreparer = ServiceBusNamespacePreparer
CachedServiceBusQueuePreparer = functools.partial(ServiceBusQueuePreparer, use_cache=True)
CachedServiceBusTopicPreparer = functools.partial(ServiceBusTopicPreparer, use_cache=True)
CachedServiceBusSubscriptionPreparer = functools.partial(
    ServiceBusSubscriptionPreparer, use_cache=True
)
