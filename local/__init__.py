"""The services on a laptop against real Azure, the doctor, and the report.

The deployment's outputs name the resources; the committed snapshot holds the policy, which is
translated to the environment's names.
"""
