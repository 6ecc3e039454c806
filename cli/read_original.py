"""A script that reads one blob with the SDK, under the identity of its environment.

Runs as `python -P` with the blob's URL, in a process with the variables of `keyless env`. Without
an argument, it reads the URL from its standard input. Like a user's own program, it imports nothing
of the sandbox.
"""

import os
import sys

from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobClient


def main(url: str) -> int:
    """Print the number of bytes, or Azure's refusal. Return 0 if the read was allowed, else 1."""
    client_id = os.environ.get("AZURE_CLIENT_ID")
    credential = DefaultAzureCredential(require_envvar=True, managed_identity_client_id=client_id)
    with credential, BlobClient.from_blob_url(url, credential=credential) as blob:
        try:
            print(f"{len(blob.download_blob().readall()):,} bytes")
        except HttpResponseError as refusal:
            print(f"{refusal.status_code} {getattr(refusal, 'error_code', '')}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else sys.stdin.read().strip()))
