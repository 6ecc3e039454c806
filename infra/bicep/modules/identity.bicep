// A user-assigned identity: it has its rights before the app that uses it starts.

@description('Required. Name of the identity.')
param name string

@description('Required. Azure region.')
param location string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
}

@description('Resource id: what an app is given to have the identity attached.')
output id string = identity.id

@description('Client id: what a service names when it asks for a token.')
output clientId string = identity.properties.clientId

@description('Object id: what a role is assigned to.')
output principalId string = identity.properties.principalId
