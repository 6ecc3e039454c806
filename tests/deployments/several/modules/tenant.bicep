param location string
@minLength(3)
param name string
param containers string[]
param principal string
param isFirst bool

var roles = {
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  sender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  publisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'st${name}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: { allowSharedKeyAccess: false, allowBlobPublicAccess: false }

  resource blobs 'blobServices' = {
    name: 'default'
    resource all 'containers' = [for container in containers: { name: container }]
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${name}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
  }
  resource greeting 'secrets' = { name: 'greeting', properties: { value: 'hello from ${name}' } }
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-${name}'
  location: location
  sku: { name: 'Standard' }
  properties: { disableLocalAuth: true }
  resource orders 'queues' = { name: 'orders', properties: { lockDuration: 'PT30S' } }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  kind: 'web'
  properties: { Application_Type: 'web', DisableLocalAuth: true }
}

resource blobRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principal, roles.blobContributor)
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobContributor)
  }
}

resource secretRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principal, roles.secretsUser)
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
  }
}

resource senderRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::orders
  name: guid(bus::orders.id, principal, roles.sender)
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.sender)
  }
}

resource publisherRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isFirst) {
  scope: insights
  name: guid(insights.id, principal, roles.publisher)
  properties: {
    principalId: principal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.publisher)
  }
}

output account string = account.name
output endpoint string = account.properties.primaryEndpoints.blob
output vault string = vault.properties.vaultUri
output bus string = bus.name
