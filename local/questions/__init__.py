"""The open questions of docs/assumptions.md, put to Azure or to the sandbox.

A probe asks one question as a client does, and tells the answers apart. The tests put each to a
sandbox that gives each answer; `./keyless report` puts them to a deployed environment.
"""
