"""`python -m cli`: the command line, which `./keyless` calls."""

import signal
import sys

# Ctrl-C while the rest is still being imported prints no traceback.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# The same value as cli/terminal.py's, which may be impossible to import.
UNAVAILABLE = 69


def _run() -> None:
    try:
        from cli.application import main  # noqa: PLC0415 - a broken set-up may lack a package

        main()
    except Exception as error:
        # Imported only here: a healthy start needs neither.
        from local.damage import cause_outside  # noqa: PLC0415
        from sandbox.broken_files import UserError  # noqa: PLC0415

        reason = str(error) if isinstance(error, UserError) else cause_outside(error)
        if not reason:
            raise
        print(f"keyless: {reason}.", file=sys.stderr)
        sys.exit(UNAVAILABLE)


if __name__ == "__main__":
    _run()
