"""azd's hooks before and after a deployment: `python -m infra.azd STEP`, as azure.yaml says.

Only the standard library, so that `azd up` needs no installation; Azure is called through the Azure
CLI, with the deployer's sign-in.
"""
