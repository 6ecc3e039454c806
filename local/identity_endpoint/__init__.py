"""A managed identity endpoint that gives services in containers a developer's tokens.

Only the endpoint holds the sign-in. Each service has a secret header and gets tokens for the
resources it uses.
"""
