"""The rows that the sandbox answers otherwise, each with its reason. They are 20 at most."""

from collections.abc import Mapping

_OWN_KEY = (
    "The sandbox refuses keys that clients provide (x-ms-encryption-key), so there is no such blob."
)
_REHYDRATED = "Azurite moves a blob out of the archive at once; nothing is pending there."

KNOWN: Mapping[str, str] = {
    "POST service?comp=batch 202 BlobBeingRehydrated": _REHYDRATED,
    "GET service?restype=service&comp=stats 200": (
        "Recorded at the secondary endpoint. The deployed account, locally redundant, has none."
    ),
    "GET container?restype=container&comp=list 200": (
        f"{_REHYDRATED} TagCount was a preview of 2019: today blobs with tags have it."
    ),
    "GET blob 206": (
        "x-ms-tag-count was a preview of 2019. It is documented since version 2019-12-12, for "
        "blobs with tags."
    ),
    "GET blob 404 ResourceNotFound": (
        "Recorded where public access was allowed. Where it is not, as in this account, Azure "
        "answers 409 PublicAccessNotPermitted."
    ),
    "PUT blob?comp=undelete 200": (
        "The sandbox has no soft delete: a deleted blob is gone, and cannot be undeleted."
    ),
    "GET blob 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
    "HEAD blob 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
    "PUT blob?comp=blocklist 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
    "GET blob?comp=metadata 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
    "PUT blob?comp=metadata 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
    "PUT blob?comp=snapshot 409 BlobUsesCustomerSpecifiedEncryption": _OWN_KEY,
}
