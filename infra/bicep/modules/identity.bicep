// A user-assigned identity, which gets its rights before its app starts.

@description('Required. Name of the identity.')
param name string

@description('Required. Azure region.')
param location string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
}

@description('Resource id, which attaches the identity to an app.')
output id string = identity.id

@description('Client id, which a service names in a token request.')
output clientId string = identity.properties.clientId

@description('Object id, to which roles are assigned.')
output principalId string = identity.properties.principalId
