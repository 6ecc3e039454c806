"""What a deployed environment answered, in a file that its owner can give away.

Only words of this project and of Azure's documentation, numbers and answers get into it: whatever
Azure says is taken through local.report.safe_text, which lets nothing else pass.
"""
