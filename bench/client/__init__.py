"""The clients that figures are taken with: the unmodified SDKs, in a process of their own."""
