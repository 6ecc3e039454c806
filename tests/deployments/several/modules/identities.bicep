param location string
param names string[]

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [
  for name in names: {
    name: 'id-${name}-shop'
    location: location
  }
]

output ids array = [for (name, i) in names: identities[i].id]
output clientIds array = [for (name, i) in names: identities[i].properties.clientId]
output principals array = [for (name, i) in names: identities[i].properties.principalId]
