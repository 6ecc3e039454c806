"""The deployment: its Bicep, and the Python around it."""
