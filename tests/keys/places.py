"""The places that can be searched while nothing runs."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from docker.utils import exclude_paths

from tests.keys.scan import Text

_BICEP = Path("infra") / "bicep"
_PNG = b"\x89PNG\r\n\x1a\n"
# Where a text has to stand between quotes. Anywhere else a value may stand without.
_QUOTED = {".bicep", ".bicepparam", ".c", ".css", ".html", ".js", ".json", ".kql", ".md"}
_QUOTED |= {".png", ".py", ".svg"}


def source(root: Path) -> Iterator[Text]:
    """Yield every file that is committed or could be: git's list, without ignored files.

    Raises RuntimeError if git cannot say.
    """
    listed = ("git", "-C", str(root), "ls-files", "-z", "--cached", "--others")
    done = subprocess.run(
        [*listed, "--exclude-standard"], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"git cannot list the files of {root}: {done.stderr.strip()}")
    yield from _texts("source", root, filter(None, done.stdout.split("\0")))


def bicep(root: Path) -> Iterator[Text]:
    """The Bicep, as it is written."""
    yield from _texts("Bicep", root, _below(root, root / _BICEP, "*.bicep", "*.bicepparam"))


def template(root: Path) -> Iterator[Text]:
    """Yield the compiled Bicep: the snapshot and, with a Bicep CLI, the template.

    Raises RuntimeError if it does not compile.
    """
    yield from _texts("template", root, [str(_BICEP / "sandbox.snapshot.json")])
    program = shutil.which(os.environ.get("BICEP", "bicep"))
    if program:
        build = [program, "build", str(root / _BICEP / "main.bicep"), "--stdout"]
        there = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        done = subprocess.run(build, env=there, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"main.bicep does not compile: {done.stderr}")
        yield Text("template", "bicep build", done.stdout)


def compose(root: Path) -> Iterator[Text]:
    """docker-compose.yml and every Dockerfile."""
    files = [str(each.relative_to(root)) for each in root.glob("docker-compose*.yml")]
    folders = (root / each for each in ("sandbox", "services", "local", "cli", "bench"))
    files += [each for folder in folders for each in _below(root, folder, "Dockerfile")]
    yield from _texts("compose", root, files)


def images(root: Path) -> Iterator[Text]:
    """The files that .dockerignore lets into an image, whether git knows them or not."""
    patterns = (root / ".dockerignore").read_text().splitlines()
    lines = [each.strip() for each in patterns if each.strip() and not each.startswith("#")]
    yield from _texts("images", root, exclude_paths(str(root), lines))


STATIC: Mapping[str, Callable[[Path], Iterator[Text]]] = {
    "source": source,
    "Bicep": bicep,
    "template": template,
    "compose": compose,
    "images": images,
}


def _below(root: Path, folder: Path, *patterns: str) -> Iterator[str]:
    for pattern in patterns:
        for each in sorted(folder.rglob(pattern)):
            if "node_modules" not in each.parts:
                yield str(each.relative_to(root))


def _texts(place: str, root: Path, files: Iterable[str]) -> Iterator[Text]:
    for each in sorted(files):
        path = root / each
        # Git lists it, but it has been deleted since.
        if path.is_file():
            content = _words(path.read_bytes()).decode("utf-8", "replace")
            yield Text(place, each, content, configuration=path.suffix not in _QUOTED)


def _words(content: bytes) -> bytes:
    """Return a file without the compressed pixels of a PNG: they are no text, and any may occur.

    Its other chunks stay, which may hold text; so does all of a file that is no whole PNG.
    """
    if not content.startswith(_PNG):
        return content
    kept, at = [_PNG], len(_PNG)
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        end = at + 12 + size  # a length, a name, the data, a checksum
        if end > len(content):
            return content
        if content[at + 4 : at + 8] != b"IDAT":
            kept.append(content[at:end])
        at = end
    return b"\n".join(kept)
