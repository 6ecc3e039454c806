"""The soak's output, for people and for scripts."""

from dataclasses import replace

from cli.soak.command import Soak, round_lines
from cli.soak.rounds import Round

GOOD = Round(
    number=2,
    killed="a worker of catalog",
    after=0.5,
    accepted=50,
    tried_again=3,
    processed=45,
    rejected=5,
    overtaken=0,
    webhooks_repeated=1,
    quiet_after=9.0,
    wrong=(),
    photos=("p",),
)
BAD = replace(GOOD, wrong=("photo p is received, not processed",))


def test_a_round_that_holds_is_one_line() -> None:
    line = round_lines(GOOD, "--seed 7")
    assert "a worker of catalog" in line
    assert "50 accepted, 3 retries  45 processed, 5 rejected" in line
    assert "\n" not in line


def test_a_round_that_does_not_hold_says_what_is_wrong_and_how_to_see_it_again() -> None:
    _, wrong, again = round_lines(BAD, "--seed 7 --target worker").splitlines()
    assert wrong.strip() == "photo p is received, not processed"
    assert again.strip() == "to repeat: ./keyless soak --seed 7 --target worker --rounds 3"


def test_all_holds_only_if_no_round_is_wrong_and_no_process_is_left() -> None:
    assert Soak(1, [GOOD]).holds
    assert not Soak(1, [GOOD, BAD]).holds
    assert not Soak(1, [GOOD], processes_left=1).holds
