"""Guards: each ends a program of the sandbox when the sandbox ends, even by a `kill -9`."""
