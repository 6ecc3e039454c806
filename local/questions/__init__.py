"""The open questions of docs/assumptions.md, asked of Azure or of the sandbox.

A probe asks one question as a client does, and returns the answer's name. The tests ask a sandbox
that gives each answer; `./keyless report` asks a deployed environment.
"""
