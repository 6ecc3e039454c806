"""The memory, threads and files of each process, and growth that stored data does not explain."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.soak.processes import Family

# Growth per stored photo. Azurite keeps four blobs a photo in memory, each a few KB of JavaScript;
# the broker remembers each message id for a day; the other processes keep nothing.
_KB_A_PHOTO = {"azurite": 24, "sandbox": 4}
# Room for caches and pools that the warm-up may not have filled, and for uncollected garbage.
# Decoding pictures in several threads leaves holes in the allocator's arenas; measured without any
# service, it levels off some 15 MB above the first hundreds of photos.
_KB_OF_ROOM = {"azurite": 64 * 1024, "thumbnailer worker": 32 * 1024}
_KB_OF_ROOM_ELSEWHERE = 16 * 1024
_MORE_THREADS = 4
_MORE_DESCRIPTORS = 16


@dataclass(frozen=True)
class Usage:
    """The resources of one process; memory in KB, where PSS divides shared pages."""

    name: str
    pss: int
    rss: int
    threads: int
    descriptors: int


def usage(family: Family) -> dict[int, Usage]:
    """Return the usage of each process by its id, without processes that end meanwhile."""
    found = {}
    for each in family.all:
        with suppress(OSError):
            found[each.pid] = _usage(Path(f"/proc/{each.pid}"), family.name(each))
    return found


def _usage(path: Path, name: str) -> Usage:
    memory = numbers((path / "smaps_rollup").read_text("utf-8"))
    status = numbers((path / "status").read_text("utf-8"))
    descriptors = len(list((path / "fd").iterdir()))
    return Usage(name, memory["Pss"], memory["Rss"], status["Threads"], descriptors)


def numbers(text: str) -> dict[str, int]:
    """Return the numbers in a file of /proc, in KB or plain, by their names."""
    words = [line.replace(":", "").split() for line in text.splitlines()]
    return {each[0]: int(each[1]) for each in words if len(each) > 1 and each[1].isdigit()}


def room(name: str, photos: int) -> int:
    """Return how many KB a process may grow while `photos` are stored."""
    return _KB_OF_ROOM.get(name, _KB_OF_ROOM_ELSEWHERE) + _KB_A_PHOTO.get(name, 0) * photos


def grown(before: Mapping[int, Usage], after: Mapping[int, Usage], photos: int) -> list[str]:
    """Return a sentence for each excess, and for each process that is new or has ended."""
    found = [f"{before[pid].name} has ended" for pid in before.keys() - after.keys()]
    found += [f"{after[pid].name} is a new process" for pid in after.keys() - before.keys()]
    for pid in before.keys() & after.keys():
        found += _grown(before[pid], after[pid], photos)
    return sorted(found)


def _grown(before: Usage, after: Usage, photos: int) -> list[str]:
    memory, allowed = after.pss - before.pss, room(after.name, photos)
    found = []
    if memory > allowed:
        found.append(f"{after.name} grew by {memory} KB, of which {allowed} KB are explained")
    if after.threads > before.threads + _MORE_THREADS:
        found.append(f"{after.name} has {after.threads} threads, up from {before.threads}")
    if after.descriptors > before.descriptors + _MORE_DESCRIPTORS:
        found.append(
            f"{after.name} has {after.descriptors} open files, up from {before.descriptors}"
        )
    return found
