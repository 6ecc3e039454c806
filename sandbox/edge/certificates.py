"""One certificate for all host names of the deployment, signed by a single-use authority.

The authority's key never leaves memory, so trusting `ca.pem` means trusting this one certificate:
no other can be signed later.
"""

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sandbox.state import State

AUTHORITY = "ca.pem"
CHAIN = "edge.pem"

# Apple's and Chrome's limit for a server's certificate is 398 days.
_LIFETIME = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=30)
# So that a machine whose clock is set back still believes the certificate.
_BACKDATED = timedelta(days=2)
_LOOPBACK = ("localhost", "127.0.0.1")

_Sni = Callable[[str | None], bool]


@dataclass(frozen=True)
class Certificate:
    """The authority that clients trust, and the edge's certificate with its key (both PEM)."""

    authority: Path
    chain: Path

    @classmethod
    def keep(cls, state: State, hosts: Iterable[str], now: datetime | None = None) -> "Certificate":
        """Return the certificate for `hosts` in `state`, replaced if it no longer fits.

        Raises OSError if it cannot be written.
        """
        names = frozenset(each.lower() for each in hosts) | frozenset(_LOOPBACK)
        now = now or datetime.now(UTC)
        kept = cls(state.path(AUTHORITY), state.path(CHAIN))
        if not kept._fits(names, now):
            _make(state, names, now)
        return kept

    def server_context(self, serves: _Sni | None = None) -> ssl.SSLContext:
        """Return a context with TLS 1.2 or later; `serves` may refuse a handshake by its SNI.

        Raises OSError if the certificate cannot be read.
        """
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.load_cert_chain(self.chain)
        if serves is not None:
            context.sni_callback = _refusing_unless(serves)
        return context

    def _fits(self, names: frozenset[str], now: datetime) -> bool:
        try:
            authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
            own = x509.load_pem_x509_certificate(self.chain.read_bytes())
            load_pem_private_key(self.chain.read_bytes(), None)
            own.verify_directly_issued_by(authority)
        except (FileNotFoundError, ValueError, InvalidSignature):
            return False
        valid = own.not_valid_before_utc <= now <= own.not_valid_after_utc - _RENEWED_BEFORE
        return valid and _names_in(own) == names


def _make(state: State, names: frozenset[str], now: datetime) -> None:
    authority = trustme.CA(
        path_length=0,
        organization_name="Keyless sandbox",
        organization_unit_name="made on this machine, its key thrown away",
    )
    own = authority.issue_cert(
        *sorted(names),
        organization_name="Keyless sandbox",
        organization_unit_name="edge",
        not_before=now - _BACKDATED,
        not_after=now - _BACKDATED + _LIFETIME,
    )
    state.write(CHAIN, own.private_key_and_cert_chain_pem.bytes())
    state.write(AUTHORITY, authority.cert_pem.bytes())


def _names_in(certificate: x509.Certificate) -> frozenset[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    return frozenset(names.get_values_for_type(x509.DNSName)) | {str(each) for each in addresses}


def _refusing_unless(
    serves: _Sni,
) -> Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], int | None]:
    def decide(_: object, name: str | None, __: object) -> int | None:
        return None if serves(name) else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    return decide
