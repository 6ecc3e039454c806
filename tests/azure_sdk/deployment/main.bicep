// A namespace, an account and an identity that owns the data of both: for the tests of Azure's SDK.
param location string = resourceGroup().location

var token = take(uniqueString(resourceGroup().id), 8)
var owners = [
  '090c5cfd-751d-490a-894a-3ce6f1109419' // Azure Service Bus Data Owner
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
]

resource owner 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-owner-${token}'
  location: location
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-sdk-${token}'
  location: location
  sku: { name: 'Standard' }
  properties: { disableLocalAuth: true }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stsdk${token}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: { allowSharedKeyAccess: true }
  resource blobs 'blobServices' = { name: 'default' }
}

resource owns 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in owners: {
    name: guid(resourceGroup().id, owner.id, role)
    properties: {
      principalId: owner.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]
