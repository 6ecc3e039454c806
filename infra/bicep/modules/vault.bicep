// The vault of the only secret: a managed identity proves nothing outside Azure, so webhooks are signed.
import { entities } from '../shared/entities.bicep'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Prevents everyone, owners included, from purging before the soft-delete days are over. Cannot be undone.')
param purgeProtection bool

@description('Required. Days in which a deleted secret or vault can be recovered. Fixed once the vault exists.')
param softDeleteDays int

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  // checkov:skip=CKV_AZURE_42: Purge protection is the parameter purgeProtection: it cannot be undone, and would reserve the name of a temporary environment.
  // checkov:skip=CKV_AZURE_109: The same as for storage: the notifier has no address of its own to allow. Roles are the only way in.
  // checkov:skip=CKV_AZURE_110: See CKV_AZURE_42.
  // checkov:skip=CKV_AZURE_189: A vault without a public address needs a private endpoint and a network for the apps; the operator's laptop would need a way in, too.
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true // roles are the only way in: access policies have no effect
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteDays
    enablePurgeProtection: purgeProtection ? true : null // Azure refuses false
  }
}

// A role is assigned on this secret, so it must exist, but the operator sets the key, which is never seen here. Only a
// deployment that finds no secret creates it: a later one leaves the operator's key alone.
@onlyIfNotExists()
resource signingKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  // checkov:skip=CKV_AZURE_41: Webhooks would stop on the day that a key expires. The operator sets a new one at any time, and the notifier picks it up without a restart.
  parent: vault
  name: entities.signingKey.name
  properties: {
    value: 'not a key: the operator sets it' // Azure requires a value; a disabled one cannot be read
    contentType: 'A key of Standard Webhooks'
    attributes: { enabled: false }
  }
}

@description('Name of the vault, for the policy.')
output name string = vault.name

@description('Vault endpoint, correct in every Azure cloud.')
output endpoint string = vault.properties.vaultUri
