import os

print("client id:", os.environ["CLIENT_ID"])
