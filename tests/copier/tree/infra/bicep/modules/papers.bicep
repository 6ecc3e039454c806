// Everything in the resource group, and who may do what on it.

@description('Required. The part that makes names unique across all of Azure.')
param token string

@description('Required. Azure region.')
param location string

@description('Required. Where callbacks go.')
param callbackUrl string

@description('Required. Object id of the clerk.')
param clerkPrincipalId string

@description('Required. The role that drops papers: the name of its definition.')
param dropper string

@description('Required. The role that sets the key: the name of its definition.')
param keyWriter string

var roles = {
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  busSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'papers${token}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: { allowBlobPublicAccess: false, allowSharedKeyAccess: false, minimumTlsVersion: 'TLS1_2' }

  resource blobs 'blobServices' = {
    name: 'default'
    resource inbox 'containers' = { name: 'inbox' }
  }
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'papers-bus-${token}'
  location: location
  sku: { name: 'Basic', tier: 'Basic' }
  properties: { disableLocalAuth: true, minimumTlsVersion: '1.2' }

  resource toRead 'queues' = {
    name: 'to-read'
    properties: { lockDuration: 'PT1M', maxDeliveryCount: 5 }
  }
}

resource safe 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'safe-${token}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }

  @onlyIfNotExists()
  resource key 'secrets' = {
    name: 'callback-key'
    properties: { value: 'the clerk sets it', attributes: { enabled: false } }
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'papers-logs'
  location: location
  properties: { sku: { name: 'PerGB2018' } }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'papers-insights'
  location: location
  kind: 'web'
  properties: { Application_Type: 'web', WorkspaceResourceId: logs.id, DisableLocalAuth: true }
}

resource images 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: 'papers${token}'
  location: location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'papers-apps'
  location: location
  properties: { appLogsConfiguration: { destination: 'azure-monitor' } }
}

resource intakeIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'uami-intake'
  location: location
}

resource readerIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'uami-reader'
  location: location
}

resource pullerIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'uami-puller'
  location: location
}

resource intake 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'intake'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${intakeIdentity.id}': {}, '${pullerIdentity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      registries: [{ server: images.properties.loginServer, identity: pullerIdentity.id }]
      identitySettings: [
        { identity: pullerIdentity.id, lifecycle: 'None' }
        { identity: intakeIdentity.id, lifecycle: 'Main' }
      ]
      ingress: { external: true, targetPort: 8000, transport: 'http' }
    }
    template: {
      containers: [
        {
          name: 'intake'
          image: '${images.properties.loginServer}/intake:1'
          env: [
            { name: 'AZURE_CLIENT_ID', value: intakeIdentity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
            { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
            { name: 'PAPERS_ACCOUNT', value: account.properties.primaryEndpoints.blob }
            { name: 'PAPERS_CONTAINER', value: account::blobs::inbox.name }
            { name: 'WORK_NAMESPACE', value: '${bus.name}.servicebus.windows.net' }
            { name: 'WORK_QUEUE', value: bus::toRead.name }
          ]
        }
      ]
    }
  }
  dependsOn: [onInbox, onQueue, onImages]
}

resource reader 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'reader'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${readerIdentity.id}': {}, '${pullerIdentity.id}': {} }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      registries: [{ server: images.properties.loginServer, identity: pullerIdentity.id }]
      identitySettings: [
        { identity: pullerIdentity.id, lifecycle: 'None' }
        { identity: readerIdentity.id, lifecycle: 'Main' }
      ]
    }
    template: {
      containers: [
        {
          name: 'reader'
          image: '${images.properties.loginServer}/reader:1'
          env: [
            { name: 'AZURE_CLIENT_ID', value: readerIdentity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
            { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
            { name: 'PAPERS_ACCOUNT', value: account.properties.primaryEndpoints.blob }
            { name: 'PAPERS_CONTAINER', value: account::blobs::inbox.name }
            { name: 'WORK_NAMESPACE', value: '${bus.name}.servicebus.windows.net' }
            { name: 'WORK_QUEUE', value: bus::toRead.name }
            { name: 'SAFE', value: safe.properties.vaultUri }
            { name: 'CALLBACK_KEY', value: safe::key.name }
            { name: 'CALLBACK_URL', value: callbackUrl }
          ]
        }
      ]
    }
  }
  dependsOn: [onInbox, onQueue, onKey, onImages]
}

// Who may do what, and why.
var people = { clerk: clerkPrincipalId }
var ids = {
  intake: intakeIdentity.properties.principalId
  reader: readerIdentity.properties.principalId
  puller: pullerIdentity.properties.principalId
  clerk: people.clerk
}
var inboxRows = [
  { who: 'intake', role: dropper, why: 'A paper that comes in is stored, and never replaced.' }
  { who: 'reader', role: roles.blobReader, why: 'A paper is read from where it was stored.' }
]
var queueRows = [
  { who: 'intake', role: roles.busSender, why: 'Each stored paper is handed to the reader.' }
  { who: 'reader', role: roles.busReceiver, why: 'The reader takes papers one by one.' }
]
var keyRows = [
  { who: 'reader', role: roles.secretsUser, why: 'A callback is signed with this one key.' }
  { who: 'clerk', role: keyWriter, why: 'Somebody has to set the key that the client knows.' }
]
var insightsRows = [
  { who: 'intake', role: roles.metricsPublisher, why: 'Telemetry needs a role: local auth is off.' }
  { who: 'reader', role: roles.metricsPublisher, why: 'Telemetry needs a role: local auth is off.' }
]

resource onInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in inboxRows: {
    scope: account::blobs::inbox
    name: guid(account::blobs::inbox.id, row.who, row.role)
    properties: {
      principalId: ids[row.who]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
      description: row.why
    }
  }
]

resource onQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in queueRows: {
    scope: bus::toRead
    name: guid(bus::toRead.id, row.who, row.role)
    properties: {
      principalId: ids[row.who]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
      description: row.why
    }
  }
]

resource onKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in keyRows: {
    scope: safe::key
    name: guid(safe::key.id, row.who, row.role)
    properties: {
      principalId: ids[row.who]
      principalType: row.who == 'clerk' ? 'User' : 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
      description: row.why
    }
  }
]

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in insightsRows: {
    scope: insights
    name: guid(insights.id, row.who, row.role)
    properties: {
      principalId: ids[row.who]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
      description: row.why
    }
  }
]

resource onImages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: images
  name: guid(images.id, 'puller', roles.acrPull)
  properties: {
    principalId: ids.puller
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
    description: 'Container Apps pulls the images.'
  }
}

@description('Object id of the identity that reads.')
output readerPrincipalId string = readerIdentity.properties.principalId
