"""Tests of an application against its deployment: a sandbox for a test session, and its audit.

It imports nothing, since pytest imports it at each of its starts.
"""
