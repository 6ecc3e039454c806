"""The state folder of one sandbox, private to the user."""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.broken_files import BrokenFileError

PROJECT = Path(__file__).resolve().parent.parent

# Incremented when the files of older sandboxes can no longer be used.
LAYOUT = 1
# The folder of `keyless local` below this one.
LOCAL = "local"
_LAYOUT_FILE = "layout"
_OF_ANY_LAYOUT = frozenset({"audit.jsonl", "bus.db", "principals.json", "vault.db"})
_ANOTHER = "choose another folder by --state or KEYLESS_STATE"
_ROOM = 1024 * 1024


class StateError(RuntimeError):
    """A folder that cannot be used; the message names the fix."""


@dataclass(frozen=True)
class State:
    """The files below one state folder (0700, files 0600)."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> "State":
        """Return the state at `root`, created if needed. Raises StateError if it cannot be used."""
        os.umask(0o077)
        try:
            root.mkdir(parents=True, exist_ok=True)
            state = cls(root.resolve())
            state._check_owner()
            state._check_layout()
            root.chmod(0o700)
        except (FileExistsError, NotADirectoryError):
            what = f"cannot use the state folder {root}: it is not a folder"
            raise StateError(f"{what}; {_ANOTHER}") from None
        except OSError as error:
            what = f"cannot use the state folder {root}: {error.strerror}"
            raise StateError(f"{what}; fix that, or {_ANOTHER}") from error
        return state

    def path(self, name: str) -> Path:
        """Return the path of `name` in the folder."""
        return self.root / name

    def folder(self, name: str) -> Path:
        """Return the folder `name`, created if needed."""
        path = self.root / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def read_json(self, name: str) -> Any | None:
        """Return the content of `name`, or None without the file. Raises ValueError if broken."""
        try:
            return json.loads(self.path(name).read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BrokenFileError(self.path(name), error) from error

    def write_json(self, name: str, value: Any) -> None:
        """Write `value` to `name` atomically."""
        self.write(name, (json.dumps(value, indent=2) + "\n").encode())

    def write(self, name: str, content: bytes) -> Path:
        """Write `content` to `name` atomically, readable by the user alone.

        Raises OSError, which names the file.
        """
        path, draft = self.path(name), self.path(f"{name}.{os.getpid()}.draft")
        try:
            with open(draft, "wb", opener=_private) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise OSError(error.errno, error.strerror, str(path)) from error
        return path

    @contextmanager
    def all_or_nothing(self, *names: str) -> Iterator[None]:
        """Restore the files `names` if the block raises an error.

        Their copies are made beforehand, so that a disk which fills up keeps nothing from being
        restored. Raises OSError if there is no room for the copies.
        """
        with ExitStack() as stack:
            copies = {name: self._copied(name, stack) for name in names}
            try:
                yield
            except Exception:
                for name, copy in copies.items():
                    if copy is None:
                        self.path(name).unlink(missing_ok=True)
                    else:
                        copy.replace(self.path(name))
                raise

    def _copied(self, name: str, stack: ExitStack) -> Path | None:
        """Return a copy of a file until `stack` is closed; None without the file."""
        try:
            content = self.path(name).read_bytes()
        except FileNotFoundError:
            return None
        copy = self.write(f"{name}.before.{os.getpid()}.draft", content)
        stack.callback(copy.unlink, missing_ok=True)
        return copy

    def check_room(self) -> None:
        """Raise StateError if the disk has no room for a sandbox's start."""
        try:
            self.write("room", bytes(_ROOM)).unlink(missing_ok=True)
        except OSError as error:
            raise StateError(f"cannot write to the state folder {self.root}: {error}") from error

    def refuses(self) -> str:
        """Return why nothing can be written here, such as a full disk; empty if all is well.

        The trial file is deleted before it reaches the disk, so this costs next to nothing.
        """
        trial = self.path(f"room.{os.getpid()}.draft")
        try:
            with open(trial, "wb", opener=_private) as file:
                file.write(bytes(_ROOM))
        except OSError as error:
            return (
                f"cannot write to {self.root} ({error.strerror}), so requests are refused; nothing"
                " that was accepted is lost: make room to continue"
            )
        finally:
            trial.unlink(missing_ok=True)
        return ""

    def _check_owner(self) -> None:
        """Refuse another user's folder: they could change it, and would lose access to it."""
        owner = self.root.stat().st_uid
        if owner != os.geteuid():
            raise StateError(f"the state folder {self.root} belongs to user {owner}; {_ANOTHER}")

    def _check_layout(self) -> None:
        # List before reading the layout: another sandbox writes its layout before other files.
        names = {each.name for each in self.root.iterdir() if not each.name.endswith(".draft")}
        found = names - {LOCAL}
        try:
            layout = self.path(_LAYOUT_FILE).read_text("utf-8", "replace").strip()
        except FileNotFoundError:
            if found:
                raise StateError(_no_layout(self.root, found)) from None
            self.write(_LAYOUT_FILE, f"{LAYOUT}\n".encode())
        else:
            if layout != str(LAYOUT):
                raise StateError(_other_layout(self.root, layout))


def _other_layout(root: Path, layout: str) -> str:
    if layout.isdecimal():
        what = f"the state folder {root} has layout {layout}, not {LAYOUT}"
        return f"{what}; move it away, or {_ANOTHER}"
    what = f"{root / _LAYOUT_FILE} is broken: it holds {layout[:20]!r}"
    return f"{what}; write {LAYOUT} into it if this version made the folder, or {_ANOTHER}"


def _no_layout(root: Path, found: Collection[str]) -> str:
    if _OF_ANY_LAYOUT.intersection(found):
        what = f"the state folder {root} has an older layout, or its file {_LAYOUT_FILE} is lost"
        return f"{what}; move it away, write {LAYOUT} into that file, or {_ANOTHER}"
    return f"{root} holds files that are not a sandbox's, such as {min(found)}; {_ANOTHER}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
