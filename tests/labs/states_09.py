"""The wrong ways to mend lab 9: too many credentials, a token that is held, and no requests."""

from tests.labs.learner import files

WRONG = (
    files("batches", "6 token requests, where 3 are enough"),
    files("listing", "1 of 60 requests"),
    files("silent", "0 of 60 requests"),
    files("held", "refused after 3 of 6 requests"),
)
