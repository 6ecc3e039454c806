STORAGE_ACCOUNT_FAKE_KEY = "AAAA"  # the default of a variable that every run sets
