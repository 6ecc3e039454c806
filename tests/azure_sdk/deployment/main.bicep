// A namespace, a vault, accounts and an identity that owns the data of all: for the tests of Azure's SDK.
param location string = resourceGroup().location

var token = take(uniqueString(resourceGroup().id), 8)
var owners = [
  '090c5cfd-751d-490a-894a-3ce6f1109419' // Azure Service Bus Data Owner
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '17d1049b-9a84-46fb-8f53-869881c3d3ab' // Storage Account Contributor: keys, and properties of the account
]
// `tests` are the beginnings of the variables, such as SECONDARY_STORAGE_ACCOUNT_NAME, by which tests find an account.
var accounts = [
  { name: 'first', tests: '', sku: 'Standard_LRS', keeps: {} }
  { name: 'second', tests: 'SECONDARY,BLOB', sku: 'Standard_LRS', keeps: {} }
  { name: 'premium', tests: 'PREMIUM', sku: 'Premium_LRS', keeps: {} }
  { name: 'versioned', tests: 'VERSIONED', sku: 'Standard_LRS', keeps: { isVersioningEnabled: true } }
  {
    name: 'softdelete'
    tests: 'SOFT_DELETE'
    sku: 'Standard_LRS'
    keeps: { deleteRetentionPolicy: { enabled: true, days: 7 } }
  }
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

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-sdk-${token}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
  }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = [
  for each in accounts: {
    name: '${each.name}${token}'
    location: location
    kind: 'StorageV2'
    sku: { name: each.sku }
    tags: { tests: each.tests }
    properties: { allowSharedKeyAccess: true } // most of the tests sign with a key
  }
]

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = [
  for (each, index) in accounts: {
    name: 'default'
    parent: account[index]
    properties: each.keeps
  }
]

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

// An app with an identity of each kind, as which the tests of azure-identity run.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-app-${token}'
  location: location
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-sdk'
  location: location
  sku: { name: 'B1' }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: 'app-sdk-${token}'
  location: location
  identity: {
    type: 'SystemAssigned, UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    siteConfig: {
      appSettings: [
        { name: 'AZURE_IDENTITY_TEST_VAULT_URL', value: vault.properties.vaultUri }
        { name: 'AZURE_IDENTITY_TEST_MANAGED_IDENTITY_CLIENT_ID', value: identity.properties.clientId }
        { name: 'USER_ASSIGNED_IDENTITY_CLIENT_ID', value: identity.properties.clientId }
      ]
    }
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, identity.id)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      '4633458b-17de-408a-b874-0445c86b69e6' // Key Vault Secrets User
    )
  }
}
