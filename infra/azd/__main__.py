"""The steps by name: `python -m infra.azd preprovision`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from infra.azd.answers import check_answers
from infra.azd.choices import keep_choices
from infra.azd.farewell import say_farewell
from infra.azd.images import keep_images
from infra.azd.leftovers import remove_leftovers
from infra.azd.programs import Stop
from infra.azd.registration import grant_app_role, register_application
from infra.azd.smoke import send_photo


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; what stops it is said in a sentence, and gives status 1."""
    given = _parser().parse_args(arguments)
    try:
        for step in STEPS[given.step](given):
            step()
    except Stop as stop:
        print(f"keyless: {stop}", file=sys.stderr)
        return 1
    return 0


Steps = Sequence[Callable[[], None]]


def _leftovers(given: argparse.Namespace) -> Steps:
    return (lambda: remove_leftovers(given.deployment, only_list=given.list),)


def _photo(given: argparse.Namespace) -> Steps:
    return (lambda: send_photo(given.minutes),)


STEPS: Mapping[str, Callable[[argparse.Namespace], Steps]] = {
    "preprovision": lambda _: (check_answers, keep_images, register_application),
    "postprovision": lambda given: (grant_app_role, *_leftovers(given)),
    "postup": _photo,
    "postdeploy": _photo,
    "predown": lambda _: (keep_choices,),
    "postdown": lambda _: (say_farewell,),
    "leftovers": _leftovers,
    "photo": _photo,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.azd", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--deployment", help="leftovers: of this deployment, not of azd's last one")
    parser.add_argument("--list", action="store_true", help="leftovers: take nothing away")
    parser.add_argument("--minutes", type=float, default=15, help="photo: how long to wait")
    return parser


if __name__ == "__main__":
    sys.exit(main())
