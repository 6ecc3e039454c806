"""`python -m cli`: the command line, which `./keyless` calls."""

import signal
import sys

# Whoever presses Ctrl-C while the rest is still being imported wants no traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# As the command line's own, which may not be there (cli/terminal.py).
UNAVAILABLE = 69


def _run() -> None:
    try:
        from cli.application import main  # noqa: PLC0415 - what is imported may not be there

        main()
    except Exception as error:
        # A start that is well needs neither.
        from local.damage import cause_outside  # noqa: PLC0415
        from sandbox.broken import FaultError  # noqa: PLC0415

        said = str(error) if isinstance(error, FaultError) else cause_outside(error)
        if not said:
            raise
        print(f"keyless: {said}.", file=sys.stderr)
        sys.exit(UNAVAILABLE)


if __name__ == "__main__":
    _run()
