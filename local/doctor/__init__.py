"""The doctor: finds out why access is refused, by probing rights or by reading an error's text."""
