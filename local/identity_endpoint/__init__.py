"""A managed identity endpoint that answers with a developer's tokens, for services in containers.

It alone holds the sign-in. A service has a secret header, and gets tokens for what it uses.
"""
