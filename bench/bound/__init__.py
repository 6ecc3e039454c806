"""Bounds: each does what a row measures in the fastest form that this project can write.

A bound shows whether a goal can be reached at all: a difference between the sandbox and its bound
is the sandbox's own work, one between the bound and the baseline is the price of the hop itself.
"""
