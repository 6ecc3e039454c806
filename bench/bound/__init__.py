"""The bounds of rows: the same hop in the fastest form that Python allows."""
