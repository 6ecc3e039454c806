"""The test case of the storage libraries."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from devtools_testutils import AzureRecordedTestCase
from devtools_testutils.storage.logs import show

_WORDS = "plain text of one byte each "
_Progress = Sequence[tuple[int, int | None]]


class StorageRecordedTestCase(AzureRecordedTestCase):
    """A live test case; its accounts come from the environment."""

    def setup_method(self, _: object) -> None:
        show()
        self.sas_token = self.generate_fake_sas_token()

    def account_url(self, account: str, service: str) -> str:
        return f"https://{account}.{service}.core.windows.net"

    def connection_string(self, account: str, key: str) -> str:
        return (
            f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={key};"
            "EndpointSuffix=core.windows.net"
        )

    def generate_fake_sas_token(self) -> str:
        """Return a signature that no account accepts."""
        now = datetime.now(UTC)
        return "?" + generate_account_sas(
            "none",
            "AAAA",
            ResourceTypes(object=True),
            AccountSasPermissions(read=True),
            now + timedelta(hours=1),
            now,
        )

    def get_random_bytes(self, size: int) -> bytes:
        return b"a" * size

    def get_random_text_data(self, size: int) -> str:
        return (_WORDS * (size // len(_WORDS) + 1))[: size + 1]

    def get_datetime_variable(self, _: dict[str, str], __: str, moment: datetime) -> datetime:
        """Return the moment: only a replay has an older one."""
        return moment

    def assertNamedItemInContainer(self, found: Iterable[Any], name: str, _: str = "") -> None:
        assert name in [_name(each) for each in found]

    def assertNamedItemNotInContainer(self, found: Iterable[Any], name: str, _: str = "") -> None:
        assert name not in [_name(each) for each in found]

    def assert_upload_progress(
        self, size: int, chunk: int, progress: _Progress, unknown_size: bool = False
    ) -> None:
        total = None if unknown_size else size
        assert len(progress) == -(-size // chunk)
        assert all(sent % chunk in {0, size % chunk} and of == total for sent, of in progress)

    def assert_download_progress(
        self, size: int, chunk: int, first: int, progress: _Progress
    ) -> None:
        """Check the number of steps, and the total of those behind the first one."""
        assert len(progress) == 1 + max(0, -(-(size - first) // chunk))
        assert all(total == size for _, total in progress[1:])


def _name(item: Any) -> str:
    return item if isinstance(item, str) else item.name
