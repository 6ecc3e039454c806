"""`python -m sandbox`: the command line, which `./keyless` calls."""

import signal
import sys

# Whoever presses Ctrl-C while the rest is still being imported wants no traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run() -> None:
    try:
        from sandbox.cli import main  # noqa: PLC0415 - what is imported may not be there

        main()
    except Exception as error:
        from sandbox.damage import of_error  # noqa: PLC0415 - a start that is well needs it not

        if damage := of_error(error):
            sys.exit(f"keyless: {damage}.")
        raise


if __name__ == "__main__":
    _run()
