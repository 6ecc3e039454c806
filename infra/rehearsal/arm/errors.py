"""The errors of evaluating a template."""


class TemplateError(ValueError):
    """A part of a template that has no value."""


class NotUnderstoodError(TemplateError):
    """The rehearsal does not support it; Azure may."""


class RefusedError(TemplateError):
    """Azure would refuse it; `source` says where that is written."""

    def __init__(self, what: str, source: str, mend: str = "") -> None:
        super().__init__(what)
        self.source = source
        self.mend = mend


class TooMuchError(TemplateError):
    """The template requires more work than the budget allows."""
