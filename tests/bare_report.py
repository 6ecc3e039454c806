"""The report of a sandbox without services; a test replaces the part that it needs."""

from sandbox.supervisor import Report, SignInReport

BARE_REPORT = Report(
    pid=1,
    gallery="",
    proxy="",
    amqp_port=0,
    ca="",
    messages={},
    dead_letters={},
    azurite_restarts=0,
    services=(),
    sign_in=SignInReport("", ""),
)
