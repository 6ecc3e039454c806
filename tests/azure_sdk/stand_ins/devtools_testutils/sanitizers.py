from typing import Any


def _nothing(*_: Any, **__: Any) -> None:
    """Sanitize nothing: nothing is recorded."""


add_remove_header_sanitizer = add_general_regex_sanitizer = add_oauth_response_sanitizer = _nothing
