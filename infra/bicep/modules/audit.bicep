// Who read the key, and who was refused, as the vault itself saw it.

@description('Required. The vault to watch.')
param vaultName string

@description('Required. Resource id of the workspace that the records go to.')
param logsId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = { name: vaultName }

resource toLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-logs'
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}
