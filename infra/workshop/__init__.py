"""A workshop's resource groups, one for each attendee: `python3 -m infra.workshop make | remove`.

Only the standard library; Azure is called through the Azure CLI, as the workshop's host. Both
commands print their steps, and carry them out with `--do`. Not run on Azure.
"""
