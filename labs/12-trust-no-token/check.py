"""Feeds the learner's verifier good and hostile tokens, and names those that it decides wrongly."""

from collections.abc import Callable, Iterator, Mapping

from cli.lab.run import Finding, Run
from sandbox.entra import BLOB, SigningKey
from sandbox.testing.token_factory import TokenFactory

_FILE, _TOKENS = "verifier.py", "tokens.txt"
_CALLERS = ("gateway", "notifier", "thumbnailer")
_OTHER = "00000000-0000-4000-8000-000000000099"
_ISSUER = f"https://login.microsoftonline.com/{_OTHER}/v2.0"
_HOSTILE: Mapping[str, Callable[[TokenFactory], str]] = {
    "with changed claims under the old signature": lambda m: m.with_payload(oid=_OTHER),
    "with a later expiry under the old signature": lambda m: m.with_payload(exp=2**40),
    "signed by a stranger's key": lambda m: m.of_stranger(),
    "signed by a stranger's key, under the id of Entra's": lambda m: m.of_stranger(m.key.kid),
    "without a signature, alg none": lambda m: m.unsigned(),
    "signed by HS256 with Entra's public key as the secret": lambda m: m.by_public_key(),
    "signed by a key that it brings along": lambda m: m.with_its_own_key(),
    "for another API of this tenant": lambda m: m.signed(aud=_OTHER),
    "for storage": lambda m: m.good(BLOB),
    "without an audience": lambda m: m.signed("aud"),
    "of another tenant": lambda m: m.signed(iss=_ISSUER, tid=_OTHER),
    "that has expired": lambda m: m.good(lifetime=-120),
    "that never expires": lambda m: m.signed("exp"),
    "that is not valid yet": lambda m: m.good(ahead=7200),
    "that is a word": lambda _: "token",
}


def check(run: Run) -> Iterator[Finding]:
    """Yield a finding on each token: a good one must be accepted, a hostile one refused."""
    key = SigningKey.kept_in(run.state)
    makers = {who: TokenFactory.of(run.deployment, key, who) for who in _CALLERS}
    good = {each.good(): f"of the {who}, for this API" for who, each in makers.items()}
    hostile = {make(makers["gateway"]): name for name, make in _HOSTILE.items()}
    # By their ends, which are random: the order tells a verifier nothing.
    tokens = sorted({**good, **hostile}, key=lambda each: each[::-1])
    (run.work / _TOKENS).write_text("\n".join(tokens), "utf-8")
    done = run.script(_FILE, "catalog", str(run.work / _TOKENS))
    said = done.out.splitlines()
    verdicts = [each for each in said if each.startswith(("accepted", "refused"))]
    if done.status or len(verdicts) != len(tokens):
        why = f"status {done.status} after {len(verdicts)} of {len(tokens)} verdicts"
        yield Finding(_FILE, "decide on each token", why)
        return
    for token, verdict in zip(tokens, verdicts, strict=True):
        accepted, name = verdict == "accepted", good.get(token) or hostile[token]
        wrong = accepted != (token in good)
        fault = f"{verdict}: too {'much' if accepted else 'little'}" if wrong else ""
        yield Finding(_FILE, f"a token {name}", fault, too_much=wrong and accepted)
