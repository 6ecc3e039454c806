"""Errors on the way to a service: names, connections, certificates, proxies.

The texts are Python's, requests', OpenSSL's and Node's own, and those of the sandbox's proxy.
"""

from local.doctor.error_texts.explanation import Explanation, Pasted

_SOURCE = "the network"
_RUN_AS = "In the sandbox, run it with ./keyless as <who> -- <command>, which sets all of this."

_NOT_TRUSTED = (
    "The program reached the server, but does not trust the authority that signed its "
    "certificate. Roles are not checked.",
    "In the sandbox, and behind a company's proxy, name the authority's file: SSL_CERT_FILE and "
    "REQUESTS_CA_BUNDLE for Python, NODE_EXTRA_CA_CERTS for Node.",
    "azure-servicebus reads no variable: by python -I, give it "
    "connection_verify=os.environ['SSL_CERT_FILE']; a shell of ./keyless env does the rest.",
    _RUN_AS,
)
_NO_ADDRESS = (
    "The name does not resolve where the program runs. Roles are not checked.",
    "On Azure: check the name and, with a private endpoint, its private DNS zone. A deleted "
    "resource has no address.",
    "In the sandbox, Python finds the names by PYTHONPATH and KEYLESS_NAMES of ./keyless env, and "
    "other programs by HTTPS_PROXY; docs/bus-clients.md has a line for each language.",
    _RUN_AS,
)
_NO_ROUTE = (
    "The services' proxy reaches only the hosts of the deployment and the partner.",
    "Check the host's name. A shell of ./keyless env has a proxy that also reaches the internet.",
)
_NOT_FOR_IT = (
    "The request does not match the sandbox's listener.",
    "Let the SDK send requests; by hand, send each to the host in its URL, through HTTPS_PROXY.",
)

_KNOWN = {
    # The identity endpoint first: its errors are about tokens.
    r"405 Client Error: Method Not Allowed for url: \S*/msi/token": (
        "The identity endpoint answers GET only.",
        "Let azure-identity send it; by hand: GET with api-version=2019-08-01 and the header "
        "X-IDENTITY-HEADER.",
    ),
    r"(?:IDENTITY_ENDPOINT|/msi/token|169\.254\.169\.254)[\s\S]*"
    r"(?:Connection refused|ECONNREFUSED|actively refused)": (
        "Nothing listens at the identity endpoint: its app ended, or the sandbox restarted on "
        "other ports.",
        "Read IDENTITY_ENDPOINT and IDENTITY_HEADER from the process's own environment.",
        _RUN_AS,
    ),
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SELF_SIGNED_CERT_IN_CHAIN"
    r"|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    r"|unable to get local issuer certificate|self[- ]signed certificate in certificate chain"
    r"|the client gave up: \S*ALERT": _NOT_TRUSTED,
    r"Name or service not known|Temporary failure in name resolution|Failed to resolve '"
    r"|nodename nor servname provided|No address associated with hostname|getaddrinfo failed"
    r"|ENOTFOUND|EAI_AGAIN|Could not resolve host": _NO_ADDRESS,
    r"cannot be reached: |Tunnel connection failed: 503|CONNECT tunnel failed, response 503": (
        "The proxy does not reach the host at the moment: its name does not resolve, or nothing "
        "answers. Roles are not checked.",
        "In the sandbox, a fault is on: ./keyless status shows it.",
        "./keyless fault --end ends it.",
    ),
    r"This deployment has no \S+, and Azure's is not reached": (
        "The program asks a host of Azure that the deployment does not have.",
        "Compare the name with those of ./keyless names; the sandbox reaches no real Azure.",
    ),
    r"Only the shells of this sandbox|407 Proxy Authentication Required": (
        "The proxy passes a request on only for a client that has its key.",
        "Open the shell again: HTTPS_PROXY of ./keyless env has the key.",
    ),
    r"\S+:\w+ is unreachable: ": (
        "The sandbox passed the request on, and the host did not answer.",
        "Start the sandbox in a shell whose HTTPS_PROXY reaches the internet, if this machine "
        "needs one.",
    ),
    r"Tunnel connection failed: 403|The sandbox has no route to|CONNECT tunnel failed, response "
    r"403|no host here is called": _NO_ROUTE,
    r"is no CONNECT, and nothing else goes here|That is no HTTP request"
    r"|A line of the request ends without|The target of CONNECT must be|The Host header (?:and|is)"
    r"|A CONNECT request has no body|The target of a request must be a path"
    r"|A request has one Host header|The Host header names|The head of the request did not end"
    r"|the SNI is |malformed: (?:Bad|Line|Invalid)": _NOT_FOR_IT,
    r"RBAC: access denied|is not among the addresses that": (
        "The app's ingress does not admit the client's address; roles are not the cause.",
        "Allow the address in GATEWAY_ADDRESSES (docs/deploy.md).",
    ),
    r"Connection refused|ECONNREFUSED|actively refused": (
        "Nothing listens there: the program was started for a sandbox that has stopped, or a port "
        "or a proxy is wrong.",
        "./keyless status shows what runs, and where.",
        _RUN_AS,
    ),
}


def unreachable(text: Pasted) -> Explanation | None:
    """Read the error of a failed connection, or of one to the wrong listener."""
    for pattern, (means, *do) in _KNOWN.items():
        if text.match(pattern):
            return Explanation(_SOURCE, means, do=tuple(do))
    return None
