// A function with keys in its settings, beside services that the sandbox does not serve.
param location string = resourceGroup().location
@secure()
param sqlPassword string

var token = uniqueString(resourceGroup().id)
var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  receiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  secretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  publisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stfunc${take(token, 8)}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: { isVersioningEnabled: true }
    resource uploads 'containers' = { name: 'uploads', properties: { publicAccess: 'None' } }
  }
  resource queues 'queueServices' = {
    name: 'default'
    resource jobs 'queues' = { name: 'jobs' }
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-func'
  location: location
  sku: { name: 'Y1' }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-func'
  location: location
  kind: 'web'
  properties: { Application_Type: 'web' }
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: 'cosmos-${token}'
  location: location
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location }]
  }
}

resource sql 'Microsoft.Sql/servers@2023-08-01' = {
  name: 'sql-${token}'
  location: location
  properties: { administratorLogin: 'admin-of-sql', administratorLoginPassword: sqlPassword }
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-func-${take(token, 8)}'
  location: location
  resource orders 'queues' = {
    name: 'orders'
    properties: { requiresSession: true, maxDeliveryCount: 3 }
  }
  resource root 'authorizationRules' = { name: 'send', properties: { rights: ['Send'] } }
}

// Its access policies decide, not its role assignments.
resource older 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-old-${take(token, 8)}'
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    accessPolicies: [
      { tenantId: subscription().tenantId, objectId: func.identity.principalId, permissions: { secrets: ['get'] } }
    ]
  }
  resource password 'secrets' = { name: 'sql-password', properties: { value: sqlPassword } }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-func-${take(token, 8)}'
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    publicNetworkAccess: 'Disabled'
  }
  resource connection 'secrets' = {
    name: 'cosmos-connection'
    properties: { value: cosmos.listConnectionStrings().connectionStrings[0].connectionString }
  }
}

resource func 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-orders'
  location: location
  kind: 'functionapp,linux'
  identity: { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    siteConfig: {
      appSettings: [
        { name: 'FUNCTIONS_EXTENSION_VERSION', value: '~4' }
        {
          name: 'AzureWebJobsStorage'
          value: 'DefaultEndpointsProtocol=https;AccountName=${account.name};AccountKey=${account.listKeys().keys[0].value};EndpointSuffix=${environment().suffixes.storage}'
        }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
        { name: 'COSMOS_ENDPOINT', value: cosmos.properties.documentEndpoint }
        { name: 'COSMOS_REGIONS', value: join(map(cosmos.properties.writeLocations, each => each.locationName), ',') }
        { name: 'SQL_HOST', value: sql.properties.fullyQualifiedDomainName }
        { name: 'ORDERS__fullyQualifiedNamespace', value: '${bus.name}.servicebus.windows.net' }
        { name: 'STORAGE__blobServiceUri', value: 'https://${account.name}.blob.${environment().suffixes.storage}' }
      ]
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: func
  name: 'appsettings'
  properties: { KEY_VAULT: vault.properties.vaultUri }
}

resource blobRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, func.id, roles.blobOwner)
  properties: {
    principalId: func.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobOwner)
  }
}

resource busRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::orders
  name: guid(bus.id, func.id, roles.receiver)
  properties: {
    principalId: func.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.receiver)
  }
}

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, func.id, roles.secretsOfficer)
  properties: {
    principalId: func.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsOfficer)
  }
}

resource insightsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, func.id, roles.publisher)
  properties: {
    principalId: func.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.publisher)
  }
}

// The data plane of Cosmos DB has roles of its own.
resource cosmosRole 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: cosmos
  name: guid(cosmos.id, func.id, 'contributor')
  properties: {
    principalId: func.identity.principalId
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002'
    scope: cosmos.id
  }
}
