"""The names of Azure's test tools that the tests of its storage libraries import."""

from devtools_testutils.arguments import Test
from devtools_testutils.storage.logs import LogCaptured
from devtools_testutils.storage.recorded_test_case import StorageRecordedTestCase

__all__ = [
    "GenericTestProxyParametrize1",
    "GenericTestProxyParametrize2",
    "LogCaptured",
    "StorageRecordedTestCase",
]


class GenericTestProxyParametrize1:
    """Return a test as it is: its preparer leaves pytest's parameters visible."""

    def __call__(self, test: Test) -> Test:
        return test


GenericTestProxyParametrize2 = GenericTestProxyParametrize1
