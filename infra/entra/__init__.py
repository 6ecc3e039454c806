"""Registration of the catalog's API with Entra, as declared in catalog.json: `register.py STEP`.

Only the standard library, so that a deployment needs no installation; Microsoft Graph is called
through `az rest`, with the sign-in of `az login`.
"""
