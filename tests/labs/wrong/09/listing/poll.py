"""Counts the thumbnails by one listing, which is not what the job is."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

with (
    DefaultAzureCredential(managed_identity_client_id=os.environ["AZURE_CLIENT_ID"]) as credential,
    ContainerClient(
        os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], "thumbnails", credential, retry_total=0
    ) as thumbnails,
):
    print(len(list(thumbnails.list_blobs())))
