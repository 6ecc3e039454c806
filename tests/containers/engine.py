"""A minimal container engine that runs the compose file: namespaces, mounts, no rights.

It acts on the file as docker would: the image's root, read-only; volumes; a small /tmp; a
user without capabilities; the networks; limits; health checks and the order that they decide.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.state import PROJECT
from tests.containers.compose import Service
from tests.containers.health import Health
from tests.containers.images import Builder, Image, dockers_umask
from tests.containers.limits import Limits
from tests.containers.networks import Networks

_WITHIN = 240.0
# How often Compose asks the engine: pkg/compose/convergence.go in docker/compose v2.26.1.
_PAUSE = 0.5


class NotThereError(RuntimeError):
    """A container has no process, or none yet."""


@dataclass
class Container:
    """One container: its process, its image, and its log."""

    name: str
    service: Service
    image: Image
    log: Path
    environment: Mapping[str, str]
    limits: Limits
    health: Health = field(init=False)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.health = Health(self.service["healthcheck"], self._checked)

    @property
    def pid(self) -> int:
        """Its first process, as the host sees it. Raises NotThereError."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise NotThereError(f"{self.name} has ended:\n{self.output}")
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        if not children:
            raise NotThereError(f"{self.name} has no process yet")
        return int(children.split()[0])

    @property
    def output(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]

    def run(self, *command: str, seconds: float = _WITHIN) -> "subprocess.CompletedProcess[str]":
        """Run a command in it, as `docker compose exec` does, and end it after `seconds`."""
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--net", "--pid", "--root"]
        within = ["timeout", "--signal=KILL", str(seconds), *self.limits.within(enter)]
        return subprocess.run(
            [*within, *_unprivileged(self.image, self.environment), *command],
            capture_output=True,
            text=True,
            check=False,
        )

    def _checked(self, command: list[str], timeout: float) -> int | None:
        """The status of its health check; None once it has ended."""
        assert self.process is not None
        try:
            return self.run(*command, seconds=timeout).returncode
        except NotThereError:
            return None if self.process.poll() is not None else 1


@dataclass
class Engine:
    """Runs the services of a compose file in `work`, from images that `builder` makes."""

    work: Path
    builder: Builder
    networks: Networks
    services: Mapping[str, Service]
    containers: dict[str, Container] = field(default_factory=dict)

    @contextmanager
    def up(self) -> Iterator["Engine"]:
        """All of them, each once its dependencies are as they must be."""
        for service in self.services.values():  # `docker compose build`
            self.builder.build(PROJECT / service["build"]["dockerfile"])
        try:
            while len(self.containers) < len(self.services):
                for name in self.services.keys() - self.containers.keys():
                    self._start_after_its_own(name)
            for each in self.containers.values():
                wait_until(each, "healthy")
            yield self
        finally:
            for each in self.containers.values():
                send_signal(each, signal.SIGTERM)
            for each in self.containers.values():
                wait_until_ended(each)
                each.limits.remove()

    def restart(self, name: str) -> None:
        """End a container without a word and start it again, as a restart policy does."""
        send_signal(self.containers[name], signal.SIGKILL)
        wait_until_ended(self.containers[name])
        self._start(name)

    def volume(self, name: str) -> Path:
        """The folder of a volume."""
        return self.work / "volumes" / name

    def _start_after_its_own(self, name: str) -> None:
        needed = self.services[name].get("depends_on", {})
        for other, how in needed.items():
            if other not in self.containers:
                self._start_after_its_own(other)
            if how["condition"] == "service_healthy":
                wait_until(self.containers[other], "healthy")
        if name not in self.containers:
            self._start(name)

    def _start(self, name: str) -> None:
        service = self.services[name]
        with dockers_umask():
            self.containers[name] = self._started(name, service)

    def _started(self, name: str, service: Service) -> Container:
        image = self.builder.build(PROJECT / service["build"]["dockerfile"])
        environment = {**image.environment, **service.get("environment", {})}
        log = self.work / f"{name}.log"
        limits = Limits.of(self.networks.namespace(name), service)
        limits.set()
        made = Container(name, service, image, log, environment, limits)
        inside = shlex.join(
            ["chroot", str(image.root), *_unprivileged(image, environment)]
            + [str(each) for each in service.get("command", image.command)]
        )
        script = "\n".join([*self._mounts(name, service, image), f"exec {inside}"])
        apart = ["ip", "netns", "exec", self.networks.namespace(name)]
        apart += ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script]
        with log.open("ab") as file:
            made.process = subprocess.Popen(
                limits.within(apart),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        made.health.start()
        return made

    def _mounts(self, name: str, service: Service, image: Image) -> Iterator[str]:
        root = image.root
        yield f"mount --bind {root} {root}"
        yield f"mount -o remount,bind,ro {root}"
        for each in service.get("volumes", []):
            source, target, *options = each.split(":")
            folder = self._filled(source, root / target[1:], options)
            yield f"mount --bind {folder} {root}{target}"
            if "ro" in ",".join(options).split(","):
                yield f"mount -o remount,bind,ro {root}{target}"
        for each in service["tmpfs"]:
            target, _, options = each.partition(":")
            yield f"mount -t tmpfs -o {options},nosuid,nodev tmpfs {root}{target}"
        names = self.work / f"{name}.hosts"
        names.write_text(self.networks.hosts(name))
        yield f"mount --bind {names} {root}/etc/hosts"
        yield f"mount -t proc proc {root}/proc"
        yield f"mount --rbind /dev {root}/dev"

    def _filled(self, name: str, place: Path, options: Sequence[str]) -> Path:
        """A volume's folder; a new one takes its owner and mode from where it is mounted first."""
        folder = self.volume(name)
        place.mkdir(parents=True, exist_ok=True)
        if not folder.exists():
            folder.mkdir(parents=True)
            if "nocopy" not in ",".join(options).split(","):
                shutil.copystat(place, folder)
                os.chown(folder, place.stat().st_uid, place.stat().st_gid)
        return folder


def wait_until(container: Container, state: str) -> None:
    """Wait until the engine calls it healthy, or unhealthy. Its end, or four minutes, fail."""
    assert container.process is not None
    until = time.monotonic() + _WITHIN
    while container.health.state != state:
        assert container.process.poll() is None, f"{container.name} has ended:\n{container.output}"
        assert time.monotonic() < until, f"{container.name} is not {state}:\n{container.output}"
        time.sleep(_PAUSE)


def send_signal(container: Container, what: signal.Signals) -> None:
    """Signal its first process, as docker does."""
    with suppress(NotThereError, ProcessLookupError):
        os.kill(container.pid, what)


def wait_until_ended(container: Container) -> None:
    """Wait until it has ended; by force if it would not."""
    process = container.process
    assert process is not None
    try:
        process.wait(90)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _unprivileged(image: Image, environment: Mapping[str, str]) -> list[str]:
    """A user without any right, and nothing but its own variables."""
    user, group = image.user.split(":")
    drop = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    drop += ["--bounding-set=-all", "--inh-caps=-all"]
    variables = [f"{name}={value}" for name, value in environment.items()]
    return [*drop, "env", "--ignore-environment", f"--chdir={image.folder}", *variables]
