"""The wrong ways to solve lab 12: too little, too much, and a key that the token brings along."""

from tests.labs.learner import files

WRONG = (
    files("any-audience", says="accepted: too much"),
    files("claims-alone", says="accepted: too much"),
    files("key-from-the-token", says="accepted: too much"),
    files("refuses-all", says="of no use: too little"),
)
