"""The steps by name: `python -m infra.azd preprovision`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from infra.azd.choices import keep_choices
from infra.azd.cleanup import clean_up
from infra.azd.images import keep_images
from infra.azd.leftovers import remove_leftovers
from infra.azd.registration import grant_app_role, register_application
from infra.azd.required_settings import check_required_settings
from infra.azd.smoke import send_photo
from infra.azd.tools import Stop


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; print an error in one sentence and return status 1."""
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
    "preprovision": lambda _: (check_required_settings, keep_images, register_application),
    "postprovision": lambda given: (grant_app_role, *_leftovers(given)),
    "postup": _photo,
    "postdeploy": _photo,
    "predown": lambda _: (keep_choices,),
    "postdown": lambda _: (clean_up,),
    "leftovers": _leftovers,
    "photo": _photo,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.azd", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--deployment", help="leftovers: use this deployment, not azd's last one")
    parser.add_argument("--list", action="store_true", help="leftovers: list only, remove nothing")
    parser.add_argument("--minutes", type=float, default=15, help="photo: how long to wait")
    return parser


if __name__ == "__main__":
    sys.exit(main())
