"""A workshop's resource groups, one for each attendee: `python3 -m infra.workshop make | remove`.

Only Python's own library; Azure is asked through the Azure CLI, as the workshop's host. Both print
what they would do, and do it with `--do`. Not run on Azure.
"""
