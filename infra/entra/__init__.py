"""Registers the catalog's API with Entra, as catalog.json declares it: `register.py STEP`.

Only Python's own library, so that nothing has to be installed before a deployment; Microsoft Graph
is asked by `az rest`, as whoever has signed in by `az login`.
"""
