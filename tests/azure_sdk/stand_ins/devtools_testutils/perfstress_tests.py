import os

get_random_bytes = os.urandom
