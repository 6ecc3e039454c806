from typing import Any

from devtools_testutils.storage import (
    GenericTestProxyParametrize1,
    GenericTestProxyParametrize2,
    LogCaptured,
    StorageRecordedTestCase,
)

__all__ = [
    "AsyncStorageRecordedTestCase",
    "GenericTestProxyParametrize1",
    "GenericTestProxyParametrize2",
    "LogCaptured",
]


class AsyncStorageRecordedTestCase(StorageRecordedTestCase):
    def get_credential(self, _: object = None, **__: Any) -> Any:
        return super().get_credential(is_async=True)
