"""The set-up, which `./keyless` runs before each command to install missing packages.

Only the standard library, since it runs before anything is installed. Every start imports only
`stamps`, which is quick; the rest is imported when there is work to do.
"""
