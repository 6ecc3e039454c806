"""The signals that end a sandbox, and whatever works for one."""

import signal

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
