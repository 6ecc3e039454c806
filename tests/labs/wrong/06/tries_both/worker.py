"""Print the names of the originals, as whichever identity gives a token."""

import os

from azure.identity import ChainedTokenCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

credential = ChainedTokenCredential(
    ManagedIdentityCredential(),
    ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"]),
)
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential, retry_total=0)
for blob in account.get_container_client("originals").list_blobs():
    print(blob.name)
