"""The progress of a start, line by line."""

from rich.text import Text

from cli.lifecycle import describe
from cli.terminal import out
from sandbox.commands import KEYLESS, published
from sandbox.deployment import Deployment, load
from sandbox.state import State
from sandbox.supervisor import Report, SignInReport

_DONE, _ENDED, _WAITS = Text("✓", "green"), Text("✗", "bold red"), Text("→", "cyan")
_LOST = Text("!", "bold yellow")


class Progress:
    """Prints one line per component once it is ready, in the order of their readiness."""

    def __init__(self, state: State) -> None:
        """`state` has the deployment that runs, whose endpoints are named once they are ready."""
        self._state = state
        self._printed: set[str] = set()

    def __call__(self, report: Report) -> None:
        if report.endpoints_ready is not None and "endpoints" not in self._printed:
            endpoints = ", ".join(endpoints_of(load(self._state)))
            self._say(
                "endpoints", f"Azure's endpoints: {endpoints}  {report.endpoints_ready:.1f} s"
            )
        for each in report.lost:
            self._say(each, f"lost: {each}", _LOST)
        for each in report.moved:
            self._say(each, each, _LOST)
        if report.assumed:
            assumed = ", ".join(f"{name}={answer}" for name, answer in report.assumed.items())
            self._say("assumed", f"assumptions about Azure: {assumed}")
        if report.sign_in.code:
            self._say(report.sign_in.code, _how_to_sign_in(report.sign_in), _WAITS)
        elif report.sign_in.az and any(each.state != "starting" for each in report.services):
            self._say("signed in", f"signed in as the developer, with {report.sign_in.az}")
        for service in report.services:
            if service.state == "ready":
                self._say(service.name, f"{service.name}")
            elif why := service.keeps_ending:
                self._say(f"{service.name}'s end", f"{service.name} ended: {why}", _ENDED)
        if report.overdue:
            self._say_overdue(report)
        if report.ready:
            where = f": {published(report.gallery)}" if report.gallery else ""
            self._say("all", f"all ready after {report.services_ready:.1f} s{where}")
            if report.page:
                self._say("page", f"watch its identities at {report.page.address}", _WAITS)

    def _say_overdue(self, report: Report) -> None:
        where = f" ({published(report.gallery)})" if report.gallery else ""
        sentence = f"not all is ready yet{where}; to see why, run {KEYLESS} doctor"
        self._say("overdue", sentence, _WAITS)
        for each in report.late:
            self._say(f"{each.name} {each.failing} {each.keeps_ending}", describe(each), _WAITS)

    def _say(self, topic: str, sentence: str, mark: Text = _DONE) -> None:
        if topic not in self._printed:
            self._printed.add(topic)
            out.print(Text.assemble(mark, " ", sentence))


def endpoints_of(deployment: Deployment) -> list[str]:
    """Return the kinds of Azure's endpoints that are served for `deployment`."""
    served = {
        "blob": deployment.accounts,
        "vault": deployment.vaults,
        "bus": deployment.namespaces,
    }
    return [*(name for name, resources in served.items() if resources), "identity"]


def _how_to_sign_in(sign_in: SignInReport) -> str:
    return (
        f"The services are waiting for you to sign in as the developer. Open {sign_in.address}\n"
        f"  or run {KEYLESS} sign-in {sign_in.code}"
    )
