"""A start in vain names who waits, and for what."""

from dataclasses import replace

from sandbox.cli.running import why_not_ready
from tests.conftest import Running


def test_who_waits_is_named_with_what_it_waits_for(sandbox: Running) -> None:
    report = sandbox.report
    waiting = replace(
        report.service("thumbnailer"),
        state="starting",
        failing=("read on container thumbnails", "write on container thumbnails"),
    )
    others = (each for each in report.services if each.name != "thumbnailer")
    said = why_not_ready(replace(report, services=(*others, waiting)))
    assert "thumbnailer waits for read on container thumbnails, write on container thum" in said
    assert "gateway" not in said
    assert said.endswith("./keyless doctor")


def test_nobody_is_named_who_does_not_wait(sandbox: Running) -> None:
    assert why_not_ready(sandbox.report) == ""
    assert why_not_ready(None) == ""
