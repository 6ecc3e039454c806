// Two apps, one container, one queue, one secret; five roles.
@description('Required on Azure. Your image, in a registry that needs no sign-in. The default does not exist.')
param image string = 'ghcr.io/example/notes:2'

@description('Required. Address for the webhooks.')
param partner string

@description('Required. Object id of the user that sets the signing key.')
param operatorPrincipalId string

@description('Optional. Azure region.')
param location string = resourceGroup().location

// learn.microsoft.com/azure/role-based-access-control/built-in-roles
var blobDataContributor = role('ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var busDataSender = role('69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')
var busDataReceiver = role('4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
var secretsUser = role('4633458b-17de-408a-b874-0445c86b69e6')
var secretsOfficer = role('b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

func role(id string) string => subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id)

// --- What the apps use ---

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

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-${uniqueString(resourceGroup().id)}'
  location: location
  sku: { name: 'Basic', tier: 'Basic' } // has queues, and no topics
  properties: {
    disableLocalAuth: true // tokens alone: no connection string
    minimumTlsVersion: '1.2'
  }
  resource stored 'queues' = {
    name: 'stored'
    properties: {
      lockDuration: 'PT5M' // more than the notifier needs for one message
      maxDeliveryCount: 10
      defaultMessageTimeToLive: 'P14D'
      deadLetteringOnMessageExpiration: true
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${uniqueString(resourceGroup().id)}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true // roles decide, not access policies
    enableSoftDelete: true
  }
}

// A role on this secret needs the secret. The operator sets the key; a later deployment leaves it alone.
@onlyIfNotExists()
resource webhookKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'webhook-key'
  properties: {
    value: 'not a key: the operator sets it' // Azure requires a value; a disabled one cannot be read
    attributes: { enabled: false }
  }
}

// --- Who may use it: one identity for each app, each role on one thing ---

resource notesIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-notes'
  location: location
}

resource notifierIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-notifier'
  location: location
}

resource notesStores 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account::blobs::notes.id, notesIdentity.id, blobDataContributor)
  scope: account::blobs::notes // one container, not the account
  properties: {
    principalId: notesIdentity.properties.principalId
    principalType: 'ServicePrincipal' // without it, Azure may not find a principal this new
    roleDefinitionId: blobDataContributor
  }
}

resource notesSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(bus::stored.id, notesIdentity.id, busDataSender)
  scope: bus::stored // one queue, not the namespace
  properties: {
    principalId: notesIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: busDataSender
  }
}

resource notifierReceives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(bus::stored.id, notifierIdentity.id, busDataReceiver)
  scope: bus::stored
  properties: {
    principalId: notifierIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: busDataReceiver
  }
}

resource notifierReadsKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(webhookKey.id, notifierIdentity.id, secretsUser)
  scope: webhookKey // one secret, not the vault
  properties: {
    principalId: notifierIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsUser
  }
}

resource operatorSetsKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(webhookKey.id, operatorPrincipalId, secretsOfficer)
  scope: webhookKey
  properties: {
    principalId: operatorPrincipalId
    principalType: 'User'
    roleDefinitionId: secretsOfficer
  }
}

// --- The apps ---

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-notes'
  location: location
  properties: { workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }] }
}

resource notes 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'notes'
  location: location
  dependsOn: [notesStores, notesSends]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${notesIdentity.id}': {} } }
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
            { name: 'AZURE_CLIENT_ID', value: notesIdentity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
            { name: 'BLOB_ENDPOINT', value: account.properties.primaryEndpoints.blob }
            { name: 'BUS_NAMESPACE', value: '${bus.name}.servicebus.windows.net' }
          ]
        }
      ]
    }
  }
}

resource notifier 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'notifier'
  location: location
  dependsOn: [notifierReceives, notifierReadsKey]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${notifierIdentity.id}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    template: {
      containers: [
        {
          name: 'notifier'
          image: image
          command: ['python', 'notifier.py']
          env: [
            { name: 'AZURE_CLIENT_ID', value: notifierIdentity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
            { name: 'BUS_NAMESPACE', value: '${bus.name}.servicebus.windows.net' }
            { name: 'VAULT_ENDPOINT', value: vault.properties.vaultUri }
            { name: 'PARTNER', value: partner }
          ]
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 } // no request wakes it, so one always runs
    }
  }
}

// In the sandbox, the first one gives the user its name: operator.
output OPERATOR_PRINCIPAL_ID string = operatorPrincipalId
output VAULT_ENDPOINT string = vault.properties.vaultUri
