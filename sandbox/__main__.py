"""`python -m sandbox`: the command line, which `./keyless` calls."""

from sandbox.cli import main

if __name__ == "__main__":
    main()
