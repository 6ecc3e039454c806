"""What happens around a deployment by azd: `python -m infra.azd STEP`, as azure.yaml says.

Only Python's own library, so that nothing has to be installed before `azd up`; Azure is asked
through the Azure CLI, which whoever deploys is signed in to.
"""
