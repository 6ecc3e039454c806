"""The versions of the Blob service, one of which a request names.

https://learn.microsoft.com/rest/api/storageservices/previous-azure-storage-service-versions
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

_VERSIONS = (
    *("2008-10-27", "2009-04-14", "2009-07-17", "2009-09-19", "2011-08-18", "2012-02-12"),
    *("2013-08-15", "2014-02-14", "2015-02-21", "2015-04-05", "2015-07-08", "2015-12-11"),
    *("2016-05-31", "2017-04-17", "2017-07-29", "2017-11-09", "2018-03-28", "2018-11-09"),
    *("2019-02-02", "2019-07-07", "2019-10-10", "2019-12-12", "2020-02-10", "2020-04-08"),
    *("2020-06-12", "2020-08-04", "2020-10-02", "2020-12-06", "2021-02-12", "2021-04-10"),
    *("2021-06-08", "2021-08-06", "2021-10-04", "2021-12-02", "2022-11-02", "2023-01-03"),
    *("2023-05-03", "2023-08-03", "2023-11-03", "2024-02-04", "2024-05-04", "2024-08-04"),
    *("2024-11-04", "2025-01-05", "2025-05-05", "2025-07-05", "2025-11-05", "2026-02-06"),
    *("2026-04-06", "2026-06-06", "2026-10-06"),
)
# An SDK that is newer than this list is served; a version more than a year ahead is a mistake.
_NEWER_AT_MOST = timedelta(days=366)
_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def exists(version: str) -> bool:
    """Return whether a version exists, or may exist soon."""
    if version in _VERSIONS:
        return True
    try:
        day = date.fromisoformat(version) if _FORM.fullmatch(version) else date.min
    except ValueError:
        return False
    newest = date.fromisoformat(_VERSIONS[-1])
    return newest < day <= newest + _NEWER_AT_MOST


def is_since(version: str, first: str) -> bool:
    """Return whether a version, "" for the latest, is `first` or a later one."""
    return not version or version >= first


def version_of(headers: Mapping[str, str]) -> str:
    """Return the version that a request names, or "" if it names none in the form of one."""
    version = headers.get("x-ms-version", "")
    return version if _FORM.fullmatch(version) else ""
