// A cluster whose pods act as identities that no app has, beside extension resources, a group and a condition.
param location string = resourceGroup().location

@description('The object id of a group of Entra, whose members read the reports.')
param readers string
@description('The object id of the developer; empty for none.')
param developer string = ''

var token = take(uniqueString(resourceGroup().id), 8)
var roles = {
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  busOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  clusterAdmin: 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b'
}

resource shared 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: 'kv-shared-elsewhere'
  scope: resourceGroup('rg-shared')
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: 'log-shared'
  scope: resourceGroup('rg-shared')
}

resource cluster 'Microsoft.ContainerService/managedClusters@2025-01-01' = {
  name: 'aks-reports'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    dnsPrefix: 'reports'
    oidcIssuerProfile: { enabled: true }
    agentPoolProfiles: [{ name: 'system', count: 1, vmSize: 'Standard_B2s', mode: 'System' }]
  }
}

resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-writer-${token}'
  location: location

  resource inCluster 'federatedIdentityCredentials' = {
    name: 'in-cluster'
    properties: {
      issuer: cluster.properties.oidcIssuerProfile.issuerURL
      subject: 'system:serviceaccount:reports:writer'
      audiences: ['api://AzureADTokenExchange']
    }
  }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'streports${token}'
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: { allowSharedKeyAccess: false, isHnsEnabled: true }

  resource blobs 'blobServices' = {
    name: 'default'
    resource reports 'containers' = { name: 'reports' }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
  }
  resource key 'secrets' = { name: 'signing', properties: { value: shared.properties.vaultUri } }
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-reports-${token}'
  location: location
  properties: { disableLocalAuth: true }
  resource events 'topics' = {
    name: 'events'
    resource all 'subscriptions' = {
      name: 'all'
      resource urgent 'rules' = {
        name: 'urgent'
        properties: { filterType: 'SqlFilter', sqlFilter: { sqlExpression: 'urgent = true' } }
      }
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: account
  name: 'keep'
  properties: { level: 'CanNotDelete' }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-logs'
  properties: { workspaceId: logs.id, logs: [{ categoryGroup: 'audit', enabled: true }] }
}

// The writer may write to the reports, and to nothing else of the account.
resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::reports
  name: guid(account::blobs::reports.id, writer.id, roles.blobContributor)
  properties: {
    principalId: writer.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobContributor)
  }
}

resource inGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, writer.id, roles.busOwner)
  properties: {
    principalId: writer.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.busOwner)
  }
}

resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, cluster.id, roles.secretsUser)
  properties: {
    principalId: cluster.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
  }
}

// Three that grant nothing here: to a group, under a condition, and to an identity that only Azure knows.
resource toGroup 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, readers, roles.blobReader)
  properties: {
    principalId: readers
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobReader)
  }
}

resource onCondition 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, writer.id, roles.secretsUser)
  properties: {
    principalId: writer.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    conditionVersion: '2.0'
    condition: '@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals \'signing\''
  }
}

resource kubelet 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, 'kubelet', roles.blobReader)
  properties: {
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.blobReader)
  }
}

resource admin 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(developer)) {
  scope: cluster
  name: guid(cluster.id, developer, roles.clusterAdmin)
  properties: {
    principalId: developer
    principalType: 'User'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.clusterAdmin)
  }
}
