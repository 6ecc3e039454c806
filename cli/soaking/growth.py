"""What each process of a sandbox takes, and whether it grew by more than stored things explain."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.soaking.processes import Family

# What stored things explain. Azurite knows each blob in memory, four a photo, each a few KB of
# JavaScript; the broker remembers each message id for a day; all else keeps nothing of a photo.
_KB_A_PHOTO = {"azurite": 24, "sandbox": 4}
# What the warm-up may not have reached: caches, pools that fill, garbage that is not collected.
# Decoding pictures in several threads leaves holes in the allocator's arenas; by itself, without
# any service, it levels off some 15 MB above the first hundreds of photos.
_KB_OF_ROOM = {"azurite": 64 * 1024, "thumbnailer worker": 32 * 1024}
_KB_OF_ROOM_ELSEWHERE = 16 * 1024
_MORE_THREADS = 4
_MORE_DESCRIPTORS = 16


@dataclass(frozen=True)
class Taken:
    """What one process takes; memory in KB, PSS shares out what processes have in common."""

    name: str
    pss: int
    rss: int
    threads: int
    descriptors: int


def taken(family: Family) -> dict[int, Taken]:
    """What each process takes now, by its id; one that ends meanwhile is left out."""
    found = {}
    for each in family.all:
        with suppress(OSError):
            found[each.pid] = _taken(Path(f"/proc/{each.pid}"), family.name(each))
    return found


def _taken(path: Path, name: str) -> Taken:
    memory = numbers((path / "smaps_rollup").read_text("utf-8"))
    status = numbers((path / "status").read_text("utf-8"))
    descriptors = len(list((path / "fd").iterdir()))
    return Taken(name, memory["Pss"], memory["Rss"], status["Threads"], descriptors)


def numbers(text: str) -> dict[str, int]:
    """The lines of a file of /proc that say a number, in KB or plain."""
    words = [line.replace(":", "").split() for line in text.splitlines()]
    return {each[0]: int(each[1]) for each in words if len(each) > 1 and each[1].isdigit()}


def room(name: str, photos: int) -> int:
    """By how many KB a process may grow while so many photos are stored."""
    return _KB_OF_ROOM.get(name, _KB_OF_ROOM_ELSEWHERE) + _KB_A_PHOTO.get(name, 0) * photos


def grown(before: Mapping[int, Taken], after: Mapping[int, Taken], photos: int) -> list[str]:
    """Which process takes more than it should, in sentences; a new or a missing one is one."""
    found = [f"{before[pid].name} has ended" for pid in before.keys() - after.keys()]
    found += [f"{after[pid].name} is a new process" for pid in after.keys() - before.keys()]
    for pid in before.keys() & after.keys():
        found += _grown(before[pid], after[pid], photos)
    return sorted(found)


def _grown(before: Taken, after: Taken, photos: int) -> list[str]:
    memory, allowed = after.pss - before.pss, room(after.name, photos)
    found = []
    if memory > allowed:
        found.append(f"{after.name} grew by {memory} KB, and {allowed} KB are explained")
    if after.threads > before.threads + _MORE_THREADS:
        found.append(f"{after.name} has {after.threads} threads, and had {before.threads}")
    if after.descriptors > before.descriptors + _MORE_DESCRIPTORS:
        found.append(
            f"{after.name} has {after.descriptors} files open, and had {before.descriptors}"
        )
    return found
