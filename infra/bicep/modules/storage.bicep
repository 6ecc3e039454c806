// Blob Storage that accepts only Entra ID tokens.
import { entities } from '../shared/entities.bicep'

@description('Required. Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Azure region.')
param location string

@description('Required. Days after which an original is deleted.')
param originalsDays int

@description('Required. Days in which a deleted blob or container can be recovered.')
param softDeleteDays int

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  // checkov:skip=CKV_AZURE_35: Apps of a Consumption environment without a network of its own have no address to allow. No key opens the account, only a token with a role; a private endpoint is what to add for a second wall.
  // checkov:skip=CKV_AZURE_36: Without rules of a firewall there is nothing for trusted services to be excepted from.
  // checkov:skip=CKV_AZURE_206: LRS keeps three copies in one place. Originals live a month and can be sent again; take ZRS or GRS where yours cannot.
  name: name
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false // no account key, and so no account or service SAS either
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false // no passwords over SFTP
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
      containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    }

    resource container 'containers' = [
      for container in filter(items(entities), entity => entity.value.kind == 'container'): {
        name: container.value.name
        properties: { publicAccess: 'None' }
      }
    ]
  }

  // No service may delete a blob, so the platform does it.
  resource expiry 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'originals-expire'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${entities.originals.name}/'] }
              actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: originalsDays } } }
            }
          }
        ]
      }
    }
  }
}

@description('Name of the account, for the policy.')
output name string = account.name

@description('Blob endpoint, correct in every Azure cloud.')
output blobEndpoint string = account.properties.primaryEndpoints.blob
