"""Print a badge of another sandbox."""

import json
import uuid

badge = {
    "client id": str(uuid.UUID(int=1)),
    "principal id": str(uuid.UUID(int=2)),
    "service": "https://storage.azure.com",
}
print(json.dumps(badge))
