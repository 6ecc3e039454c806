// Papers: an intake takes PDFs, a reader reads them and tells a client by a signed callback.
targetScope = 'subscription'

@description('Required. Azure region of all resources.')
param location string

@description('Required. Object id of the clerk, the setter of the key of the callbacks.')
@minLength(36)
@maxLength(36)
param clerkPrincipalId string

@description('Required. Where callbacks go; https.')
@minLength(10)
param callbackUrl string

var token = take(uniqueString(subscription().id, location), 8)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-papers'
  location: location
}

// The narrowest built-in role that writes a blob may delete it as well, and the narrowest that sets a secret may read it.
resource dropper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'dropper')
  properties: {
    type: 'CustomRole'
    roleName: 'Paper Dropper'
    description: 'Creates a blob that does not exist yet.'
    assignableScopes: [subscription().id]
    permissions: [{ dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'] }]
  }
}

resource keyWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'key-writer')
  properties: {
    type: 'CustomRole'
    roleName: 'Callback Key Writer'
    description: 'Sets a secret, and does not read it.'
    assignableScopes: [subscription().id]
    permissions: [{ dataActions: ['Microsoft.KeyVault/vaults/secrets/setSecret/action'] }]
  }
}

module papers 'modules/papers.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    callbackUrl: callbackUrl
    clerkPrincipalId: clerkPrincipalId
    dropper: dropper.name
    keyWriter: keyWriter.name
  }
}

@description('Principal id of the reader, for a look-up in Entra.')
output READER_PRINCIPAL_ID string = papers.outputs.readerPrincipalId

@description('Object id of the setter of the key of the callbacks.')
output CLERK_PRINCIPAL_ID string = clerkPrincipalId
