using 'main.bicep'

param sqlPassword = az.getSecret('5ab5c21b-0000-4000-8000-000000000000', 'rg-secrets', 'kv-secrets', 'sql-password')
