"""The services as processes on this machine, as the developer, against a real environment.

What it needs to know is the output of the environment's own deployment; what the developer must be
allowed is the policy of the committed snapshot, carried over to the environment's names.
"""
