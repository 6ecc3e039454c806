import os

print("client id:", os.environ["AZURE_CLIENT_ID"])
