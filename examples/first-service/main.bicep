// One app, one container, one role.
@description('Required on Azure. Your image, in a registry that needs no sign-in. The default does not exist.')
param image string = 'ghcr.io/example/notes:1'

@description('Optional. Azure region.')
param location string = resourceGroup().location

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'st${uniqueString(resourceGroup().id)}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false // tokens alone: no account key, no SAS signed with one
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
  }
  resource blobs 'blobServices' = {
    name: 'default'
    resource notes 'containers' = { name: 'notes' }
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-notes'
  location: location
}

resource mayStoreNotes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::notes.id, identity.id, blobDataContributor)
  scope: account::blobs::notes // one container, not the account
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal' // without it, Azure may not find a principal this new
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-notes'
  location: location
  properties: { workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }] }
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'notes'
  location: location
  dependsOn: [mayStoreNotes]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      ingress: { external: false, targetPort: 8000 } // for the apps of its environment: callers do not sign in
    }
    template: {
      containers: [
        {
          name: 'notes'
          image: image
          env: [
            { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
            { name: 'BLOB_ENDPOINT', value: account.properties.primaryEndpoints.blob }
          ]
        }
      ]
    }
  }
}
