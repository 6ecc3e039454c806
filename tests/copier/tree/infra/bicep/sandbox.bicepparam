using './main.bicep'

param location = 'westeurope'
param clerkPrincipalId = 'c1e4c000-0000-4000-8000-000000000007'
param callbackUrl = 'https://client.example.org/papers/read'
