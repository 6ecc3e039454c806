"""The set-up: `./keyless` runs it before each command, so that what the command needs is there.

Only Python's own library, since it runs before anything is installed. What every start needs is in
`stamps` and is quick to import; the rest is imported where there is something to do.
"""
