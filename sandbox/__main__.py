"""`python -m sandbox`: the command line, which `./keyless` calls."""

import signal

# Whoever presses Ctrl-C while the rest is still being imported wants no traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from sandbox.cli import main

if __name__ == "__main__":
    main()
