"""The roles of the sandbox's processes, and their memory."""

import os
from pathlib import Path

import pytest

from bench.measures.upload import limit_in_words, percentile_95
from bench.processes import Running, cpu_by_role, memory_by_role, role_of, tree

LINUX = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux keeps PSS")


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("python -m cli up --state /s", "sandbox"),
        (
            "python process_guard.py 60 python -m local.serve --config services/x/gunicorn.conf.py",
            "process guards",
        ),
        ("python -m local.serve --config services/gateway/gunicorn.conf.py --bind a", "gateway"),
        ("python -m services.thumbnailer.decoder 17", "thumbnailer"),
        ("python -m cli up --state /services/x/state", "sandbox"),
        ("node --require a.js node_modules/azurite/dist/src/blob/main.js", "azurite"),
    ],
)
def test_a_process_is_known_by_its_command_line(command: str, role: str) -> None:
    assert role_of(command, "python") == role


@pytest.mark.parametrize(
    ("name", "role"),
    [("fork-server", "fork-server"), ("guard", "process guards"), ("gateway", "gateway")],
)
def test_a_process_of_the_fork_server_is_known_by_its_name(name: str, role: str) -> None:
    command = "python -m sandbox.guard.fork_server local.shared:import_packages"
    assert role_of(command, name) == role


def test_a_tree_is_a_process_and_all_below_it(tmp_path: Path) -> None:
    for pid, parent in ((1, 0), (20, 1), (21, 20), (22, 21), (30, 1)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cmdline").write_bytes(b"python\0-m\0sandbox\0")
        fields = f"S {parent} " + "0 " * 9 + "150 50 30 20"
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a name) with ) {fields}")
    found = tree(20, tmp_path)
    assert [each.pid for each in found] == [20, 21, 22]
    assert found[0].cpu == 250 / os.sysconf("SC_CLK_TCK")


def test_memory_is_a_sum_by_role(tmp_path: Path) -> None:
    for pid, pss in ((1, 1000), (2, 500), (3, 250)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "smaps_rollup").write_text(f"Rss: 9 kB\nPss:    {pss} kB\n")
    roles = {1: "gateway", 2: "gateway", 3: "azurite"}
    processes = [Running(pid, 0, role, 0.0) for pid, role in roles.items()]
    assert memory_by_role(processes, tmp_path) == {"gateway": 1.536, "azurite": 0.256}


@LINUX
def test_this_process_has_memory() -> None:
    assert sum(memory_by_role(tree(os.getpid())).values()) > 1


def test_processor_time_is_what_came_between_two_looks() -> None:
    before = [Running(1, 0, "sandbox", 5.0), Running(2, 1, "gateway", 1.0)]
    after = [
        Running(1, 0, "sandbox", 7.0),
        Running(2, 1, "gateway", 1.5),
        Running(3, 2, "gateway", 1),
    ]
    assert cpu_by_role(before, after) == {"sandbox": 2.0, "gateway": 1.5}


def test_a_child_that_has_ended_counts_in_its_parent() -> None:
    before = [Running(1, 0, "thumbnailer", 5.0), Running(2, 1, "thumbnailer", 3.0)]
    after = [Running(1, 0, "thumbnailer", 6.0 + 4.0), Running(3, 1, "thumbnailer", 0.5)]
    assert cpu_by_role(before, after) == {"thumbnailer": 2.5}


def test_the_95th_percentile_is_one_of_the_values() -> None:
    assert percentile_95(tuple(range(1, 101))) == 95
    assert percentile_95((3.0, 1.0)) == 3.0


def test_the_limit_is_the_machine_or_a_process_or_a_wait() -> None:
    assert "all 2 cores, of which most goes to sandbox" in limit_in_words(
        {"azurite": 0.6, "sandbox": 1.3}, 2
    )
    assert limit_in_words({"sandbox": 0.9, "azurite": 0.2}, 4).startswith("limit: sandbox;")
    assert "what is waited for" in limit_in_words({"sandbox": 0.2}, 4)
