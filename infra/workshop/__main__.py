"""The two commands: `python3 -m infra.workshop make` and `python3 -m infra.workshop remove`."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.azure_cli import AzureCliError
from infra.workshop.attendees import Attendee, AttendeeError, read_attendees
from infra.workshop.make import make
from infra.workshop.remove import remove
from infra.workshop.steps import Steps
from infra.workshop.subscription import Workshop


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; print an error in one sentence and return status 1."""
    given = _parser().parse_args(arguments)
    try:
        attendees = read_attendees(given.attendees, given.file)
        workshop = Workshop.of(given.subscription, given.suffix)
        steps = Steps(workshop.subscription, given.do)
        print(f"The workshop {workshop.suffix} in the subscription {workshop.subscription}:")
        if given.command == "remove":
            remove(workshop, attendees, steps, time.sleep)
        else:
            prepared = make(workshop, attendees, given.location, steps)
            _print_commands(prepared, given)
    except (AttendeeError, AzureCliError, OSError) as error:
        print(f"workshop: {error}", file=sys.stderr)
        return 1
    return steps.end()


def _print_commands(
    prepared: Mapping[Attendee, Mapping[str, str]], given: argparse.Namespace
) -> None:
    """Print each attendee's commands, or write them to a file for each."""
    asked = {"GATEWAY_ADDRESSES": given.addresses, "PARTNER_WEBHOOK_URL": given.partner}
    for attendee, values in prepared.items():
        chosen = {name: value for name, value in asked.items() if value}
        lines = [f"azd env new {attendee.name}"]
        lines += [f"azd env set {name} {value}" for name, value in {**values, **chosen}.items()]
        if given.write is None or not given.do:
            print(f"\nFor {attendee.user}:")
            print("".join(f"  {each}\n" for each in lines), end="")
        else:
            given.write.mkdir(parents=True, exist_ok=True)
            (given.write / f"{attendee.name}.txt").write_text("\n".join([*lines, ""]))
            print(f"  wrote {given.write / attendee.name}.txt")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m infra.workshop",
        description="Make or remove the resource groups of a workshop; without --do, only print.",
    )
    parser.add_argument("command", choices=("make", "remove"))
    parser.add_argument("attendees", nargs="*", metavar="[NAME=]USER", help="a sign-in name, or id")
    parser.add_argument("--file", type=Path, help="a file with an attendee on each line")
    parser.add_argument(
        "--do", action="store_true", help="carry out the steps instead of only printing them"
    )
    parser.add_argument("--subscription", default="", help="default: az account show")
    parser.add_argument(
        "--suffix", default="", help="distinguishes this workshop's roles and groups"
    )
    parser.add_argument("--location", nargs="+", default=["westeurope"], help="make: in turn")
    parser.add_argument("--addresses", help="make: GATEWAY_ADDRESSES of all attendees")
    parser.add_argument("--partner", help="make: PARTNER_WEBHOOK_URL of all attendees")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="make: a file for each")
    return parser


if __name__ == "__main__":
    sys.exit(main())
