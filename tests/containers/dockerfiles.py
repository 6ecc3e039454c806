"""A Dockerfile, read into stages, as far as ours go; any other instruction is refused."""

import io
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template

from docker.utils import exclude_paths
from dockerfile_parse import DockerfileParser

from sandbox.state import PROJECT

KNOWN = {"RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "CMD"}


@dataclass(frozen=True)
class Instruction:
    """One instruction, its value on one line."""

    name: str
    value: str


@dataclass(frozen=True)
class Stage:
    """A build stage on `base`. The last stage is the image; it has no name."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def last(self, name: str) -> str:
        """The value of the last instruction of that name."""
        return [each.value for each in self.instructions if each.name == name][-1]


def stages(dockerfile: Path, **given: str) -> list[Stage]:
    """The stages of `dockerfile`, in order, where `given` are arguments of the build.

    An argument goes before the first stage, as those do that a base may be named by.
    """
    parser = DockerfileParser(fileobj=io.BytesIO(dockerfile.read_bytes()))
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    for each in parser.structure:
        name, value = each["instruction"], each["value"]
        if name == "ARG" and not found:
            argument, _, default = value.partition("=")
            arguments[argument] = given.get(argument, default)
        elif name == "FROM":
            base, *rest = Template(value).substitute(arguments).split()
            found.append(Stage(base, rest[1] if rest else "", ()))
        elif name != "COMMENT":
            assert name in KNOWN, f"{dockerfile}: cannot carry out {name}"
            last = found.pop()
            done = (*last.instructions, Instruction(name, value))
            found.append(Stage(last.base, last.name, done))
    return found


def build_context() -> set[str]:
    """The files that docker would send to its engine, by .dockerignore."""
    patterns = (PROJECT / ".dockerignore").read_text().splitlines()
    lines = [each.strip() for each in patterns if each.strip() and not each.startswith("#")]
    return {
        path
        for path in exclude_paths(str(PROJECT), [*lines, "!.dockerignore"])
        if (PROJECT / path).is_file()
    } - {".dockerignore"}


def words(value: str) -> list[str]:
    """The words of an instruction, quotes and continuation lines resolved."""
    return shlex.split(value.replace("\\\n", " "))
