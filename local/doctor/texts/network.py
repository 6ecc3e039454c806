"""What keeps a program from reaching anything: names, connections, certificates, proxies.

The texts are Python's, requests', OpenSSL's and Node's own, and those of the sandbox's proxy.
"""

from local.doctor.texts.reading import Pasted, Reading

_SOURCE = "the network"
_RUN_AS = "In the sandbox run it by ./keyless as <who> -- <command>, which sets all of it."

_NOT_TRUSTED = (
    "The program reached the other side, and does not trust the authority that signed its "
    "certificate. No role is looked at.",
    "In the sandbox, and behind a company's proxy, name the authority's file: SSL_CERT_FILE and "
    "REQUESTS_CA_BUNDLE for Python, NODE_EXTRA_CA_CERTS for Node.",
    "azure-servicebus reads no variable: connection_verify=os.environ['SSL_CERT_FILE'].",
    _RUN_AS,
)
_NO_ADDRESS = (
    "The name leads nowhere from where the program runs. No role is looked at.",
    "On Azure: look at the name; with a private endpoint, at its private DNS zone. A resource that "
    "was deleted has no address.",
    "In the sandbox the names are known to its proxy alone, and the program did not ask it: set "
    "HTTPS_PROXY. azure-servicebus asks it with transport_type=TransportType.AmqpOverWebsocket.",
    _RUN_AS,
)
_NO_ROUTE = (
    "The sandbox's proxy leads to the hosts of the deployment and to the partner alone.",
    "Look at the host's name. What needs the internet, such as pip or git, belongs in a shell that "
    "did not run ./keyless env.",
)
_NOT_FOR_IT = (
    "The request does not fit the listener of the sandbox that it came to.",
    "Let the SDK make its requests; by hand, send each to the host that its URL names, through "
    "HTTPS_PROXY.",
)

_KNOWN = {
    # The identity endpoint first: its answers are about tokens.
    r"405 Client Error: Method Not Allowed for url: \S*/msi/token": (
        "The identity endpoint answers GET only.",
        "Let azure-identity ask; by hand: GET with api-version=2019-08-01 and the header "
        "X-IDENTITY-HEADER.",
    ),
    r"(?:IDENTITY_ENDPOINT|/msi/token|169\.254\.169\.254)[\s\S]*"
    r"(?:Connection refused|ECONNREFUSED|actively refused)": (
        "Nothing listens at the identity endpoint: its app ended, or the sandbox was started again "
        "and has other ports.",
        "Take IDENTITY_ENDPOINT and IDENTITY_HEADER from the process's own environment.",
        _RUN_AS,
    ),
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SELF_SIGNED_CERT_IN_CHAIN"
    r"|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    r"|unable to get local issuer certificate|self[- ]signed certificate in certificate chain"
    r"|the client gave up: \S*ALERT": _NOT_TRUSTED,
    r"Name or service not known|Temporary failure in name resolution|Failed to resolve '"
    r"|nodename nor servname provided|No address associated with hostname|getaddrinfo failed"
    r"|ENOTFOUND|EAI_AGAIN|Could not resolve host": _NO_ADDRESS,
    r"Tunnel connection failed: 403|The sandbox has no route to|CONNECT tunnel failed, response "
    r"403": _NO_ROUTE,
    r"is no CONNECT, and nothing else goes here|That is no HTTP request"
    r"|A line of the request ends without|The target of CONNECT must be|The Host header (?:and|is)"
    r"|A CONNECT request has no body|The target of a request must be a path"
    r"|A request has one Host header|The Host header names|The head of the request did not end"
    r"|the SNI is |malformed: (?:Bad|Line|Invalid)": _NOT_FOR_IT,
    r"RBAC: access denied|is not among the addresses that": (
        "The ingress of the app does not admit the address that asks; this is no matter of roles.",
        "Allow the address: GATEWAY_ADDRESSES says who may come (docs/deploy.md).",
    ),
    r"Connection refused|ECONNREFUSED|actively refused": (
        "Nothing listens there: the program was started for a sandbox that has ended, or a port or "
        "a proxy is wrong.",
        "./keyless status says what runs, and where.",
        _RUN_AS,
    ),
}


def unreachable(text: Pasted) -> Reading | None:
    """A connection that did not come about, or one that leads to another listener."""
    for pattern, (means, *do) in _KNOWN.items():
        if text.match(pattern):
            return Reading(_SOURCE, means, do=tuple(do))
    return None
