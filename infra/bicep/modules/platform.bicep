// What the apps run on: logs, telemetry, images, and the environment.

@description('Required. Names the workspace, the component and the environment.')
param name string

@description('Required. Name of the container registry.')
@minLength(5)
@maxLength(50)
param registryName string

@description('Required. Azure region.')
param location string

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${name}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: {
      disableLocalAuth: true // no workspace keys
      enableLogAccessUsingOnlyResourcePermissions: true // who may read an app reads its logs, and no others
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true // the connection string alone sends nothing
  }
}

// Saved with the workspace, under Queries: what to ask when a photo does not arrive.
var queries = [
  {
    name: 'denials'
    title: 'Token failures and denials, by identity'
    query: loadTextContent('../queries/denials.kql')
  }
  {
    name: 'waiting'
    title: 'Photos that wait'
    query: loadTextContent('../queries/waiting.kql')
  }
]

resource saved 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-02-01' = [
  for each in queries: {
    parent: logs
    name: each.name
    etag: '*' // replaces the one of an earlier deployment, instead of a conflict
    properties: { category: 'Keyless', displayName: each.title, query: each.query, version: 2 }
  }
]

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  // checkov:skip=CKV_AZURE_139: Only Premium can close its public address. Nobody pulls without a role: there is no admin user and no anonymous pull.
  // checkov:skip=CKV_AZURE_163: Scanning is Defender for Containers, a plan of the whole subscription: not for a template of one application to buy.
  // checkov:skip=CKV_AZURE_166: Quarantine is for Premium, and needs a scanner that lets images out again.
  name: registryName
  location: location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false } // no password: images are pulled by the platform's identity
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-${name}'
  location: location
  properties: {
    appLogsConfiguration: { destination: 'azure-monitor' } // 'log-analytics' would need the workspace key
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource toLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'to-logs'
  properties: {
    workspaceId: logs.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

@description('The environment that apps run in.')
output environmentId string = environment.id

@description('The workspace that logs go to.')
output logsId string = logs.id

@description('Host name of the registry.')
output loginServer string = registry.properties.loginServer

@description('Name of the registry, for the policy.')
output registryName string = registry.name

@description('Where telemetry goes. No secret: the component takes it by token and role only.')
output connectionString string = insights.properties.ConnectionString

@description('Name of the Application Insights component, for the policy.')
output insightsName string = insights.name
