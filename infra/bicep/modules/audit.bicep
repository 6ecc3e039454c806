// The vault's own audit log: every read of the key, and every refusal.

@description('Required. The vault to watch.')
param vaultName string

@description('Required. Resource id of the workspace for the records.')
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
