"""Blob Storage's answers to the developer, where a service or a page depends on them."""

from tests.access.behaviours.blobs import answers, reading, rights, tags, tokens, writing

BEHAVIOURS = (
    *tokens.BEHAVIOURS,
    *rights.BEHAVIOURS,
    *tags.BEHAVIOURS,
    *writing.BEHAVIOURS,
    *reading.BEHAVIOURS,
    *answers.BEHAVIOURS,
)
