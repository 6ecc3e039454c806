"""Makes an image's root folder as its Dockerfile says, step by step, in a Debian root."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from sandbox.state import PROJECT
from tests.containers.dockerfiles import Stage, build_context, stages, words

BASE = "python:3.13.14-slim-trixie"
SUITE = "trixie"
# The base's packages beside a minimal Debian: Python, pip, and the headers to compile for it.
PACKAGES = "ca-certificates,libpython3-dev,python3,python3-pip"
# It takes a minute to make, so it is kept.
_KEPT = PROJECT / ".tools" / "debian" / SUITE
# How the package managers of this machine reach their registries.
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "npm_config_registry")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_TRUST = {
    "PIP_CERT": str(_CERTIFICATES),
    "SSL_CERT_FILE": str(_CERTIFICATES),
    "NODE_EXTRA_CA_CERTS": str(_CERTIFICATES),
}
_LENT = (_CERTIFICATES, Path("/etc/resolv.conf"))


@dataclass(frozen=True)
class Image:
    """A root folder, and the Dockerfile's settings for the process that runs in it."""

    root: Path
    environment: Mapping[str, str]
    folder: str
    user: str
    command: Sequence[str]


@dataclass
class Builder:
    """Builds images in `work`; a stage that two Dockerfiles have in common is built once."""

    work: Path
    built: dict[Stage, Path] = field(default_factory=dict)

    def base(self) -> Path:
        """Debian of the base's release, with its Python; the base's own lies in /usr/local."""
        if not _KEPT.exists():
            draft = self.work / "base"
            command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE]
            run([*command, str(draft), mirror()])
            (draft / "usr/local/bin/python").symlink_to("/usr/bin/python3")
            shutil.copy(_CERTIFICATES, draft / str(_CERTIFICATES)[1:])
            _KEPT.parent.mkdir(parents=True, exist_ok=True)
            run(["mv", str(draft), str(_KEPT)])
        return _KEPT

    def build(self, dockerfile: Path) -> Image:
        """Carry out every instruction of `dockerfile`."""
        named: dict[str, Path] = {}
        for stage in stages(dockerfile):
            assert stage.base == BASE, f"{dockerfile} is not based on {BASE}"
            if stage not in self.built:
                with dockers_umask():
                    self.built[stage] = self._stage(stage, named)
            named[stage.name] = self.built[stage]
        return Image(
            root=self.built[stage],
            environment=dict(_environment(stage)),
            folder=stage.last("WORKDIR"),
            user=stage.last("USER"),
            command=json.loads(stage.last("CMD")),
        )

    def close(self) -> None:
        """Unmount the built stages."""
        for root in self.built.values():
            run(["umount", str(root)])

    def _stage(self, stage: Stage, named: Mapping[str, Path]) -> Path:
        root = self._mounted()
        for number, each in enumerate(stage.instructions):
            so_far = Stage(stage.base, "", stage.instructions[:number])
            environment = dict(_environment(so_far))
            folder = next((i.value for i in so_far.instructions if i.name == "WORKDIR"), "/")
            if each.name == "RUN":
                _run(root, folder, each.value, environment)
            elif each.name == "COPY":
                _copy(root, folder, words(each.value), named)
        return root

    def _mounted(self) -> Path:
        """A folder that is the base until something is written to it, as an image's layers are."""
        place = self.work / f"stage-{len(self.built)}"
        for name in ("upper", "scratch", "root"):
            (place / name).mkdir(parents=True)
        layers = f"lowerdir={self.base()},upperdir={place}/upper,workdir={place}/scratch"
        run(["mount", "-t", "overlay", "overlay", "-o", layers, str(place / "root")])
        for compiled in (place / "root").glob("usr/lib/python3*/**/__pycache__"):
            shutil.rmtree(compiled)  # as 3.13/slim-trixie/Dockerfile in docker-library/python does
        return place / "root"


@contextmanager
def dockers_umask() -> Iterator[None]:
    """Docker's, whatever has been set here: a sandbox's state makes everything private."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def run(command: Sequence[str], **options: object) -> None:
    """Run a command; its output is shown if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, (
        f"{shlex.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    )


def mirror() -> str:
    """The mirror from which this machine gets Debian's packages."""
    targets = ["apt-get", "indextargets", "--format", "$(SITE)", "Origin: Debian"]
    found = subprocess.run(targets, capture_output=True, text=True, check=True).stdout.split()
    return next(each for each in found if "security" not in each)


def _run(root: Path, folder: str, script: str, environment: Mapping[str, str]) -> None:
    """A RUN step, as root in the stage's root; files lent by a build are taken back after it."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    given = {"PATH": os.defpath, "HOME": "/root", **_TRUST, **passed_on, **environment}
    steps = ["mount -t proc proc proc", "mount --rbind /dev dev"]
    steps += [f"mount --bind {each} .{each}" for each in _LENT if (root / str(each)[1:]).exists()]
    variables = [f"{name}={value}" for name, value in given.items()]
    inside = shlex.join(
        ["chroot", str(root), "env", "-i", f"--chdir={folder}", *variables, "sh", "-c", script]
    )
    run(["unshare", "--mount", "sh", "-ec", "\n".join([*steps, f"exec {inside}"])], cwd=root)


def _copy(root: Path, folder: str, value: list[str], named: Mapping[str, Path]) -> None:
    source = named[value.pop(0).removeprefix("--from=")] if value[0].startswith("--") else None
    *paths, target = value
    to = root / os.path.join(folder, target)[1:]
    for path in paths:
        if source is not None:
            to.parent.mkdir(parents=True, exist_ok=True)
            run(["cp", "-a", f"{source}{path}", str(to)])
        else:
            _from_context(path.removesuffix("/"), to / Path(path).name if target[-1] == "/" else to)


def _from_context(path: str, to: Path) -> None:
    """Only the files that .dockerignore lets through; they belong to root, as docker's do."""
    found = [each for each in build_context() if each == path or each.startswith(f"{path}/")]
    assert found, f"the build's context has no {path}"
    for each in found:
        place = to / each.removeprefix(f"{path}/") if each != path else to
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / each, place)
        place.chmod(0o755 if os.access(PROJECT / each, os.X_OK) else 0o644)


def _environment(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yield the variables that ENV sets; `$NAME` is an earlier one."""
    known = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"}
    for instruction in stage.instructions:
        if instruction.name == "ENV":
            for each in words(instruction.value):
                name, _, value = each.partition("=")
                known[name] = Template(value).substitute(known)
    return iter(known.items())
