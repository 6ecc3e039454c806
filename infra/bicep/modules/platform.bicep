// The platform of the apps: logs, telemetry, and the environment.
import { way } from '../shared/roles.bicep'

@description('Required. Part of the names of the workspace, the component and the environment.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. The pipeline that the query of waiting work is about.')
param pipeline way

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${name}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: {
      disableLocalAuth: true // no workspace keys
      enableLogAccessUsingOnlyResourcePermissions: true // a reader of an app reads its logs, and no others
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

// Saved with the workspace, under Queries, for when something does not arrive.
var queries = [
  {
    name: 'denials'
    title: 'Token failures and denials, by identity'
    query: loadTextContent('../queries/denials.kql')
  }
  {
    name: 'waiting'
    title: 'What waits, and for whom'
    query: reduce(
      [
        { word: '{takes}', name: pipeline.takes }
        { word: '{request}', name: pipeline.request }
        { word: '{what}', name: pipeline.what }
        { word: '{workers}', name: string(pipeline.workers) }
      ],
      loadTextContent('../queries/waiting.kql'),
      (text, each) => replace(text, each.word, each.name)
    )
  }
]

resource saved 'Microsoft.OperationalInsights/workspaces/savedSearches@2025-02-01' = [
  for each in queries: {
    parent: logs
    name: each.name
    etag: '*' // replaces an earlier deployment's query instead of a conflict
    properties: { category: 'Keyless', displayName: each.title, query: each.query, version: 2 }
  }
]

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
    // Azure's own tables. Without this they were reported to be custom ones, which the saved queries read too:
    // https://github.com/kommodity-io/kommodity/pull/436
    logAnalyticsDestinationType: 'Dedicated'
    // The logs of the services and of the platform. The log of HTTP requests is left out: it holds clients' addresses,
    // is billed by size, and telemetry already has each request.
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

@description('Resource id of the environment for apps.')
output environmentId string = environment.id

@description('Domain of its apps\' host names: <app>.<domain>, and <app>.internal.<domain> inside.')
output domain string = environment.properties.defaultDomain

@description('Resource id of the workspace for logs.')
output logsId string = logs.id

@description('Connection string for telemetry. Not a secret: the component requires a token and a role.')
output connectionString string = insights.properties.ConnectionString

@description('Name of the Application Insights component, for the policy.')
output insightsName string = insights.name
