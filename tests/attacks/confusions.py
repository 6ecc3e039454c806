"""Every attack on the meaning of a request: the test that holds it, and the guard that it tests.

A guard is a line of the sandbox, or of the reader that aiohttp gives it. `without` is the same line
with the guard taken out; test_confusions.py sees that the test then fails.
"""

from tests.attacks.attack import Attack
from tests.attacks.confusions_federation import FEDERATION
from tests.attacks.confusions_sign_in import SIGN_IN

_STORAGE, _EDGE = "tests/sandbox/storage", "tests/sandbox/edge"


def _at_storage(attack: str, test: str, module: str, guard: str, without: str) -> Attack:
    return Attack(attack, f"{_STORAGE}/test_{test}", f"sandbox/storage/{module}.py", guard, without)


def _at_edge(attack: str, test: str, module: str, guard: str, without: str) -> Attack:
    return Attack(attack, f"{_EDGE}/test_{test}", f"sandbox/edge/{module}.py", guard, without)


def _reader(attack: str, case: str, lenient: str) -> Attack:
    """The guard is aiohttp's strict reader; without it, a proxy in front of it is lenient."""
    test = f"proxy.py::test_a_request_with_two_readings_is_not_served[{case}]"
    strict = "    def handle_error(\n"
    without = (
        "    def data_received(self, data: bytes) -> None:\n"
        f"        import re; super().data_received({lenient})\n\n{strict}"
    )
    return _at_edge(attack, test, "site", strict, without)


_ODD_PARAMETER = "confusions.py::test_an_odd_parameter_is_refused_for_every_caller[GET-{}]"
_PATH = "confusions.py::test_no_path_leads_where_it_does_not_say[{}]"
_TWICE = "confusions.py::test_a_request_that_two_readers_would_read_differently_is_refused"
_LEGAL = "confusions.py::test_a_name_that_looks_like_an_attack_is_a_name_to_the_sdk"
_SOURCE = "second_rights.py::test_a_copy_from_anywhere_else_is_refused[{}]"
_BATCH = "second_rights.py::TestBatch"
_KNOWN = "        if key not in operation.parameters and key not in KINDS:\n"

_DENIAL = "            raise self.deny(caller, named, decision)\n"
_PERMISSION = (
    "            from sandbox.rbac import Allowed\n"
    "            return tuple(Allowed(x, x.any_of[0], None, None) for x in named.requirements)\n"
)

CONFUSIONS = (
    _at_storage(
        "X-HTTP-Method and its kin",
        "confusions.py::test_a_header_never_turns_a_request_into_a_deletion",
        "allowlist",
        "elif key in operation.headers or operation.when.get(key):",
        'elif key in operation.headers or operation.when.get(key) or "method" in key:',
    ),
    _at_storage(
        "X-HTTP-Method in a part of a batch",
        f"{_BATCH}::test_a_part_with_another_method_in_a_header_stays_a_tier",
        "allowlist",
        "elif key in operation.headers or operation.when.get(key):",
        'elif key in operation.headers or operation.when.get(key) or "method" in key:',
    ),
    _at_storage(
        "doubled comp",
        _ODD_PARAMETER.format("comp=tags&comp=metadata"),
        "request",
        "if name.lower() in folded:",
        "if False:",
    ),
    _at_storage(
        "comp beside COMP",
        "targets.py::test_a_parameter_stands_once_and_plainly",
        "request",
        "if name.lower() in folded:",
        "if name in parameters:",
    ),
    *(
        _at_storage(
            f"{attack} comp",
            _ODD_PARAMETER.format(query),
            "allowlist",
            _KNOWN,
            "        if False:\n",
        )
        for attack, query in {
            "odd-cased": "COMP=tags",
            "bracketed": "comp[]=tags",
        }.items()
    ),
    *(
        _at_storage(
            attack,
            _ODD_PARAMETER.format(query),
            "recognise",
            "alike = self._alike.get((request.target.level, frozenset(kind.items())))",
            "alike = self._alike.get((request.target.level, frozenset(kind.items()))) or "
            "self._alike[request.target.level, frozenset()]",
        )
        for attack, query in {
            "a value of comp in odd case": "comp=Tags",
            "restype beside comp on a blob": "restype=container&comp=tags",
            "an unknown comp": "comp=unknown",
        }.items()
    ),
    *(
        _at_storage(
            f"{attack} comp",
            f"targets.py::test_a_parameter_stands_once_and_plainly[{query}-UnsupportedQueryParameter]",
            "request",
            "if not separator or not name or name != _decoded(name):",
            "if not separator or not name:",
        )
        for attack, query in {
            "encoded": "%63omp=tags",
            "bracketed and encoded": "comp%5B%5D=tags",
        }.items()
    ),
    _at_storage(
        "parameters after a fragment",
        _PATH.format("/thumbnails/kept#x"),
        "request",
        'if not raw.startswith("/") or "#" in raw:',
        'if not raw.startswith("/"):',
    ),
    _at_edge(
        "parameters after a fragment, at the edge",
        "host_header.py::test_any_other_is_not",
        "host_header",
        'if not target.startswith("/") or "#" in target:',
        'if not target.startswith("/"):',
    ),
    _at_storage(
        "%2F between container and blob",
        "targets.py::test_what_is_no_container_never_becomes_part_of_a_scope",
        "request",
        'first, separator, rest = path[1:].partition("/")',
        'first, separator, rest = path[1:].replace("%2F", "/").partition("/")',
    ),
    _at_storage(
        "%2F in a name of the root container",
        "targets.py::test_a_target_that_could_be_read_twice_names_nothing",
        "request",
        'if "/" in name:',
        "if False:",
    ),
    _at_storage(
        "%5C",
        _PATH.format("/originals/%5C..%5C..%5Cthumbnails%5Ckept"),
        "request",
        '.replace("\\\\", "/")',
        "",
    ),
    *(
        _at_storage(
            f"dot segments {attack}",
            _PATH.format(path),
            "request",
            'if not {".", ".."}.isdisjoint(name.split("/")):',
            "if False:",
        )
        for attack, path in {
            "in clear": "/originals/../thumbnails/kept",
            "encoded": "/originals/%2E%2E/thumbnails/kept",
            "behind %2F": "/originals/..%2Fthumbnails/kept",
        }.items()
    ),
    _at_storage(
        "double encoding",
        "targets.py::test_a_name_that_looks_encoded_is_not_decoded_twice",
        "request",
        "return unquote_to_bytes(octets).decode()",
        "return unquote_to_bytes(unquote_to_bytes(octets)).decode()",
    ),
    _at_storage(
        "overlong UTF-8",
        _PATH.format("/thumbnails/%C0%AEkept"),
        "request",
        "return unquote_to_bytes(octets).decode()",
        'return unquote_to_bytes(octets).decode(errors="replace")',
    ),
    _at_storage(
        "invalid UTF-8, in clear and encoded",
        "targets.py::test_a_target_that_could_be_read_twice_names_nothing",
        "request",
        "return unquote_to_bytes(octets).decode()",
        'return unquote_to_bytes(octets).decode(errors="ignore")',
    ),
    _at_storage(
        "half an escape",
        _PATH.format("/thumbnails/%"),
        "request",
        "if _BAD_ESCAPE.search(octets):",
        "if False:",
    ),
    _at_storage(
        "NUL",
        _PATH.format("/thumbnails/kept%00"),
        "request",
        "if len(name) > _LONGEST_BLOB_NAME or not IN_XML.fullmatch(name):",
        "if len(name) > _LONGEST_BLOB_NAME:",
    ),
    _at_storage(
        "empty segments",
        _PATH.format("//thumbnails/kept"),
        "request",
        "or (blob and not container):",
        "or False:",
    ),
    _at_storage(
        "what is no container's name",
        "targets.py::test_what_is_no_container_never_becomes_part_of_a_scope",
        "request",
        "(container and not _CONTAINER.fullmatch(container))",
        "False",
    ),
    *(
        _at_storage(
            f"a legal name that looks like {attack}",
            f"{_LEGAL}[{name}]",
            "request",
            'return quote("/" + "/".join(filter(None, (self.container, self.blob))))',
            f'return quote("/" + "/".join(filter(None, (self.container, self.blob))), "/{raw}")',
        )
        for attack, name, raw in [
            ("a parameter", "kept?comp=tags", "?="),
            ("an encoded path", "%2F..%2Foriginals%2Fkept", "%"),
        ]
    ),
    _at_storage(
        "a legal name with empty segments",
        f"{_LEGAL}[/empty//segments/]",
        "request",
        'return quote("/" + "/".join(filter(None, (self.container, self.blob))))',
        'return quote("/" + "/".join(filter(None, (self.container, *self.blob.split("/")))))',
    ),
    _at_storage(
        "absolute-form and authority-form targets",
        "targets.py::test_a_target_that_could_be_read_twice_names_nothing",
        "request",
        'if not raw.startswith("/") or "#" in raw:',
        'if "#" in raw:',
    ),
    _at_edge(
        "absolute-form and authority-form targets, at the edge",
        "proxy.py::test_only_a_path_is_a_target",
        "host_header",
        'if not target.startswith("/") or "#" in target:',
        'if "#" in target:',
    ),
    _at_storage(
        "a Host of another account, or -secondary",
        "confusions.py::test_only_the_accounts_own_host_is_served",
        "plane",
        'if request.headers.get("Host", "").lower().removesuffix(":443") != host:',
        "if False:",
    ),
    _at_edge(
        "a Host that is not the tunnel's",
        "proxy.py::test_the_host_header_must_be_the_tunnels_host",
        "host_header",
        "    if name in names.own:\n",
        "    if True:\n",
    ),
    _at_edge(
        "two Hosts",
        "host_header.py::test_any_other_is_not",
        "host_header",
        "if len(hosts) != 1:",
        "if not hosts:",
    ),
    _at_edge(
        "an SNI that is not the tunnel's host",
        "proxy.py::test_the_sni_must_be_the_tunnels_host",
        "proxy",
        "if name is not None and name.lower() == host:",
        "if True:",
    ),
    _at_edge(
        "a TLS session of another tunnel",
        "proxy.py::test_a_session_of_another_tunnel_does_not_stand_in_for_the_sni",
        "proxy",
        "        context = self._certificate.server_context(serves)\n",
        '        self.__dict__.setdefault("kept", self._certificate.server_context(serves))\n'
        '        context = self.__dict__["kept"]\n',
    ),
    _at_edge(
        "a CONNECT target and a Host that disagree",
        "connect.py::test_what_is_no_connect_to_a_known_host_is_refused",
        "connect",
        "    _refuse_contradictions(request, host, port)\n",
        "",
    ),
    _at_edge(
        "a CONNECT target that is not served",
        "connect.py::test_another_host_or_port_is_not_found",
        "connect",
        "return self.host if self.host in hosts and self.port == PORT else None",
        "return self.host",
    ),
    _at_edge(
        "a name of TLS that no host here has",
        "tls_listener.py::test_another_name_or_none_ends_the_handshake_on_record[localhost]",
        "tls_listener",
        "            if site is None:\n",
        "            if False:\n",
    ),
    _at_edge(
        "a TLS session of another host, without a proxy",
        "tls_listener.py::test_a_session_of_one_host_is_not_resumed_for_another",
        "tls_listener",
        "        context = self._certificate.server_context(serves)\n",
        '        self.__dict__.setdefault("kept", self._certificate.server_context(serves))\n'
        '        context = self.__dict__["kept"]\n',
    ),
    _at_edge(
        "the shells' proxy used without its key",
        "beyond.py::test_without_the_key_nothing_is_passed_on",
        "beyond",
        'if scheme.lower() != "basic" or not',
        "if False and not",
    ),
    _at_edge(
        "the shells' proxy to real Azure",
        "beyond.py::test_a_name_of_azure_that_the_deployment_lacks_goes_nowhere",
        "beyond",
        "if _is_below(host, _AZURES) and not _is_below(host, _NO_RESOURCES):",
        "if False:",
    ),
    _at_edge(
        "the services' proxy to the rest of the world",
        "beyond.py::test_the_services_proxy_passes_nothing_on_whatever_the_key",
        "proxy",
        "Listener(partial(self._serve, None))",
        'Listener(partial(self._serve, Beyond("a-key")))',
    ),
    _at_edge(
        "a bare LF in a CONNECT",
        "connect.py::test_a_bare_line_feed_ends_no_line",
        "connect",
        r'if head.count(b"\n") != head.count(b"\r\n"):',
        "if False:",
    ),
    _reader(
        "two Content-Length",
        "two lengths",
        r're.sub(rb"Content-Length: \d+\r\n(?=Content-Length)", b"", data)',
    ),
    _reader(
        "Content-Length with Transfer-Encoding",
        "length and chunks",
        r're.sub(rb"Content-Length: \d+\r\n(?=Transfer-Encoding)", b"", data)',
    ),
    _reader("a bare LF", "bare LF", r're.sub(rb"(?<!\r)\n", b"\r\n", data)'),
    _reader("a bare LF in chunks", "bare LF in chunks", r're.sub(rb"(?<!\r)\n", b"\r\n", data)'),
    _reader("a bare CR", "bare CR", r're.sub(rb"\r(?!\n)", b"\r\n", data)'),
    _reader("header folding", "folding", r're.sub(rb"\r\n[ \t]+", b" ", data)'),
    _reader("a space in a header's name", "space in the name", 'data.replace(b" :", b":")'),
    _at_storage(
        "a header that stands twice",
        f"{_TWICE}[x-ms-blob-type: AppendBlob\\r\\nContent-Length: 3\\r\\n\\r\\nabc]",
        "request",
        "if name in single and name.lower() not in _MAY_REPEAT:",
        "if False:",
    ),
    _at_storage(
        "Transfer-Encoding alone",
        f"{_TWICE}[Transfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n]",
        "serve",
        'if "Transfer-Encoding" in headers:',
        "if False:",
    ),
    _at_storage(
        "octets in a header that are no text",
        _TWICE,
        "allowlist",
        "if not _HEADERS.get(key, _HEADER_VALUE).fullmatch(value):",
        "if False:",
    ),
    _at_storage(
        "pipelined requests",
        "confusions.py::test_pipelined_requests_are_each_decided",
        "plane",
        "        return await walk(self, self._gate, request)\n",
        "        first = self.__dict__.setdefault(id(request.transport), [])\n"
        "        first.append(first[0] if first else permit(self, self._gate, request))\n"
        "        return await self.serve(request, first[0])\n",
    ),
    _at_edge(
        "a request behind a refused one",
        "proxy.py::test_a_request_behind_a_refused_one_is_not_served",
        "host_header",
        "        refusal.force_close()\n",
        "",
    ),
    _at_storage(
        "a request smuggled in a body",
        "confusions.py::test_a_request_in_a_body_is_nothing_but_a_body",
        "serve",
        "await _body(request, length) if forwarded.takes_body else None",
        "await whole_body(request, request.content_length or 0)",
    ),
    _at_storage(
        "versionid",
        _ODD_PARAMETER.replace("GET", "DELETE").format("versionid=2024-01-01T00:00:00.0000000Z"),
        "allowlist",
        _KNOWN,
        _KNOWN.replace(":\n", ' and key != "versionid":\n'),
    ),
    _at_storage(
        "no snapshot for a snapshot",
        _ODD_PARAMETER.replace("GET", "DELETE").format("snapshot="),
        "allowlist",
        'return key != "snapshot"',
        "return True",
    ),
    _at_storage(
        "snapshots of other blobs",
        "confusions.py::test_a_snapshot_is_found_under_its_own_blob_alone",
        "forward",
        "if value and key in operation.parameters}",
        'if value and key in operation.parameters and key != "snapshot"}',
    ),
    _at_storage(
        "a copy of a snapshot",
        "second_rights.py::test_a_snapshot_is_copied_as_it_was",
        "copy_source",
        'snapshot = self.target.parameters.get("snapshot")',
        "snapshot = None",
    ),
    _at_storage(
        "page ranges since another snapshot",
        "confusions.py::test_page_ranges_that_differ_from_a_snapshot_are_refused",
        "allowlist",
        '        "x-ms-previous-snapshot-url",\n',
        "",
    ),
    _at_storage(
        "a copy source with credentials",
        _SOURCE.format("https://{host}/originals/a?sig=x&sv=2024-11-04"),
        "plane",
        "if granted.named.reads_apart or _is_copy_by_key(granted):",
        "if False:",
    ),
    _at_storage(
        "a copy source with a version",
        _SOURCE.format("https://{host}/originals/a?versionid=2024-01-01T00:00:00.0000000Z"),
        "copy_source",
        'target.parameters.keys() - {"snapshot"}:',
        "False:",
    ),
    _at_storage(
        "a copy source with credentials inside its snapshot",
        _SOURCE.format("https://{host}/originals/a?snapshot=2024-01-01T00:00:00.0000000Z%26sig=x"),
        "copy_source",
        "if not all(is_valid(key, value) for key, value in target.parameters.items()):",
        "if False:",
    ),
    _at_storage(
        "a copy source with a token of its own",
        "confusions.py::test_what_azurite_would_ignore_is_refused_instead"
        "[x-ms-copy-source-authorization]",
        "allowlist",
        '        "x-ms-copy-source-authorization",\n',
        "",
    ),
    _at_storage(
        "a public container",
        "confusions.py::test_no_container_becomes_public",
        "allowlist",
        'if key == "x-ms-blob-public-access":',
        "if False:",
    ),
    _at_storage(
        "a container's ACL",
        "confusions.py::test_a_stored_access_policy_opens_nothing",
        "actions",
        '_control("containers/setAcl/action")',
        '_data("read")',
    ),
    _at_storage(
        "a signature with a stored access policy",
        "confusions.py::test_a_stored_access_policy_opens_nothing",
        "authenticate",
        "if Kind.of(request.target.sas) is not Kind.USER and not allows_keys:",
        "if False:",
    ),
    _at_storage(
        "forged user delegation keys",
        "tokens.py::test_a_delegation_key_forged_with_azurites_public_seed_opens_nothing",
        "sas",
        '    _check_signature(sas["sig"], by_a_user(request.target, account), [key])\n',
        "",
    ),
    _at_storage(
        "forged user delegation keys, at Azurite itself",
        "tokens.py::test_a_delegation_key_forged_with_azurites_public_seed_opens_nothing",
        "azurite",
        'seed = ["--import", f"data:text/javascript,{own_seed}"]',
        "seed: list[str] = []",
    ),
    _at_storage(
        "a user delegation key made by Azurite",
        "delegation.py::test_a_key_is_given_to_whom_a_role_lets_ask_and_to_nobody_else",
        "plane",
        'if operation.name == "GetUserDelegationKey":',
        "if False:",
    ),
    _at_storage(
        "a prefix container name in a batch",
        f"{_BATCH}::test_a_batch_on_a_container_reaches_no_container_with_a_longer_name",
        "batch",
        "any(each.target.container != batch.container for each in requests)",
        "not all(each.target.container.startswith(batch.container) for each in requests)",
    ),
)

OPERATIONS = (
    _at_storage(
        "tags on a put",
        "second_rights.py::test_a_put_with_tags_needs_the_right_to_write_tags",
        "required_actions",
        'if "x-ms-tags" in headers or tags_are_copied:',
        "if tags_are_copied:",
    ),
    _at_storage(
        "list with tags",
        "second_rights.py::test_a_list_with_tags_needs_the_right_to_read_them",
        "required_actions",
        'if "tags" in parameters.get("include", "").split(","):',
        "if False:",
    ),
    _at_storage(
        "conditional headers on tags",
        "second_rights.py::test_a_condition_on_tags_needs_the_right_to_read_them",
        "required_actions",
        'elif operation.condition_on_tags and "x-ms-if-tags" in headers:',
        "elif False:",
    ),
    _at_storage(
        "a copy without the right on its source",
        "second_rights.py::test_a_copy_needs_the_right_to_read_its_source",
        "required_actions",
        "        yield Requirement(at_source, READ)\n",
        "",
    ),
    _at_storage(
        "a copy that tells the tags of its source",
        "second_rights.py::test_a_copy_that_reads_its_sources_tags_needs_the_right_to",
        "required_actions",
        "        if actions := _for_tags_of_source(operation, headers):\n",
        "        if actions := ():\n",
    ),
    _at_storage(
        "a copy that carries tags over",
        "second_rights.py::test_a_copy_with_the_sources_tags_needs_the_rights_on_both",
        "required_actions",
        'tags_are_copied = headers.get("x-ms-copy-source-tag-option") == "COPY"',
        "tags_are_copied = False",
    ),
    _at_storage(
        "a copy from another account",
        _SOURCE.format("https://other.blob.core.windows.net/originals/a"),
        "copy_source",
        'if scheme.lower() != "https" or not separator or authority.lower() != host:',
        'if scheme.lower() != "https" or not separator:',
    ),
    _at_storage(
        "a part of a batch with another's right",
        f"{_BATCH}::test_the_right_to_send_a_batch_gives_no_right_on_its_parts",
        "plane",
        "serve_batch(request, granted, self.permit, backend)",
        "serve_batch(request, granted, lambda part: __import__('asyncio').sleep(0, "
        "Granted(granted.caller, self.name(part), granted.allowed)), backend)",
    ),
    _at_storage(
        "other operations in a batch",
        f"{_BATCH}::test_a_batch_holds_nothing_but_deletions_and_tiers",
        "batch",
        "or kinds - set(_BATCHED.items()):",
        "or False:",
    ),
    _at_storage(
        "16 add-only puts at once",
        "roles.py::test_of_sixteen_depositors_at_once_one_creates",
        "forward",
        "    if creates_only(granted):\n",
        "    if False:\n",
    ),
    _at_storage(
        "an add-only put with conditions of its own",
        "roles.py::test_no_condition_of_a_depositor_makes_it_replace",
        "forward",
        'headers["if-none-match"] = "*"',
        'headers.setdefault("if-none-match", "*")',
    ),
    _at_storage(
        "an add-only copy over a blob",
        "second_rights.py::test_a_right_to_add_copies_to_a_new_blob_and_no_other",
        "operations",
        '{"PutBlob", "PutBlobFromURL", "CopyBlob", "CopyBlobFromURL", "IncrementalCopyBlob"}',
        '{"PutBlob", "PutBlobFromURL"}',
    ),
    Attack(
        "403 without a right, whether the blob exists or not",
        f"{_STORAGE}/test_roles.py::test_a_depositor_is_denied_whether_the_blob_exists_or_not",
        "sandbox/plane.py",
        _DENIAL,
        _PERMISSION,
    ),
    _at_storage(
        "404 with it",
        "roles.py::test_a_reader_reads_and_does_nothing_else",
        "azurite_errors",
        "    if not code and error.status in _WITHOUT_CODE:\n",
        "    if error.status == 404:\n"
        '        raise refusal("AuthorizationPermissionMismatch")\n'
        "    if not code and error.status in _WITHOUT_CODE:\n",
    ),
    Attack(
        "each operation of the table, denied to a caller with every other right",
        f"{_STORAGE}/test_every_operation.py::test_a_caller_with_every_other_right_is_denied",
        "sandbox/plane.py",
        _DENIAL,
        _PERMISSION,
    ),
    _at_storage(
        "each operation of the table, allowed to a caller with just its right",
        "every_operation.py::test_a_caller_with_just_one_of_its_actions_is_allowed",
        "required_actions",
        "    yield Requirement(scope, operation.actions)\n",
        "    yield Requirement(scope, operation.actions)\n"
        "    yield Requirement(scope, WRITE_TAGS)\n",
    ),
    _at_storage(
        "an operation with another's right",
        "table.py::test_a_row_needs_what_microsoft_says",
        "actions",
        '_data("tags/read")',
        '_data("read")',
    ),
    _at_storage(
        "a right in another container",
        "roles.py::test_a_right_in_one_container_is_none_in_another",
        "required_actions",
        "account.id if on_service else account.container_id(target.container)",
        'account.id if on_service else account.container_id("catalog")',
    ),
)

MANAGEMENT = (
    Attack(
        "a queue managed with a narrower role",
        "tests/sandbox/servicebus/administration/test_management.py"
        "::test_no_narrower_role_manages_anything",
        "sandbox/servicebus/administration/plane.py",
        "    return Requirement.of(scope, *actions), Requirement.of(scope, *actions, data=False)\n",
        "    return Requirement.of(scope, *actions, data=False), "
        "Requirement.of(scope, *actions, data=False)\n",
    ),
)

LEDGER = (*OPERATIONS, *CONFUSIONS, *SIGN_IN, *FEDERATION, *MANAGEMENT)
