from typing import Any


def _nothing(*_: Any, **__: Any) -> None:
    """Change nothing: nothing is recorded."""


add_remove_header_sanitizer = add_general_regex_sanitizer = add_oauth_response_sanitizer = _nothing
add_body_regex_sanitizer = add_header_regex_sanitizer = add_uri_regex_sanitizer = _nothing
add_body_key_sanitizer = set_custom_default_matcher = _nothing
