// The vault holds the one secret there is: outside Azure a managed identity is worth nothing, so a webhook is signed.
import { entities } from '../shared/entities.bicep'

@description('Required. Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Whether nobody, not even an owner, can purge before the days of soft delete are over. Cannot be undone.')
param purgeProtection bool

@description('Required. Days in which a deleted secret or vault can be brought back. Fixed once the vault exists.')
param softDeleteDays int

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  // checkov:skip=CKV_AZURE_42: Purge protection is the parameter purgeProtection: it cannot be undone, and would keep the name of an environment that is made to be removed.
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

// A role is assigned on this secret, so it has to exist, but the key is set by the operator and never seen here. Only a
// deployment that finds no secret makes it: a later one leaves the operator's key alone.
@onlyIfNotExists()
resource signingKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  // checkov:skip=CKV_AZURE_41: Webhooks would end on the day that a key expires. The operator sets a new one whenever they like, and the notifier takes it up without a restart.
  parent: vault
  name: entities.signingKey.name
  properties: {
    value: 'not a key: the operator sets it' // Azure wants a value; a disabled one cannot be read
    contentType: 'A key of Standard Webhooks'
    attributes: { enabled: false }
  }
}

@description('Name of the vault, for the policy.')
output name string = vault.name

@description('Endpoint of the vault, right in every Azure cloud.')
output endpoint string = vault.properties.vaultUri
