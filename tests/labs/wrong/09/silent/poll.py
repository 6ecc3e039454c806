"""Says what the job says, and asks for nothing."""

import sys

print(f"0 of {sys.argv[1]} photos have a thumbnail")
