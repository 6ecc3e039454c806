"""Print the names of the originals, as the thumbnailer."""

import os

from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

credential = ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"])
credential.get_token("https://storage.azure.com/.default")  # fails at once, if it fails
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential)
for blob in account.get_container_client("originals").list_blobs():
    print(blob.name)
