"""The report: a deployed environment's answers in a file that is safe to publish.

It contains only answers, numbers, and words of this project and of Azure's documentation: every
text from Azure passes through local.report.safe_text, which drops all else.
"""
