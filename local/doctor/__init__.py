"""Why something is refused, and what to do: by probing, and by reading an error's text."""
