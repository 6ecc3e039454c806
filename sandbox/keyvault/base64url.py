"""Base64 for URLs, without padding, as Key Vault writes it; nothing odd is overlooked."""

from base64 import b64decode, urlsafe_b64encode


def encode(content: bytes) -> str:
    """`content` as text."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def decode(text: str) -> bytes:
    """What `text` stands for; padding may be there or not. Raises ValueError."""
    bare = text.rstrip("=")
    return b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
