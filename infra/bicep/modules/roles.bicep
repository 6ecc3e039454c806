// Custom roles, because no built-in one is narrow enough: the narrowest that writes blobs may also delete them, and the
// narrowest that sets secrets may also read them.
targetScope = 'subscription'

import { customRoles } from '../shared/roles.bicep'

@description('Required. End of each role\'s name, since role names are unique in a tenant: the environment and its token.')
@minLength(4)
@maxLength(40)
param suffix string

var blob = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var secret = 'Microsoft.KeyVault/vaults/secrets'

// The subscription and not the resource group: a role definition outlives the group, and one whose only assignable
// scope is gone is hard to find and to remove. A management group is refused for roles with data actions.
var assignableScopes = [subscription().id]

resource depositor 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'depositor', suffix)
  properties: {
    type: 'CustomRole'
    roleName: 'Keyless Blob Depositor (${suffix})'
    description: 'Creates a blob that does not exist yet and sees the tags of one that does. Never reads, replaces, lists or deletes.'
    assignableScopes: assignableScopes
    permissions: [{ dataActions: ['${blob}/add/action', '${blob}/tags/read'] }]
  }
}

resource keeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'keeper', suffix)
  properties: {
    type: 'CustomRole'
    roleName: 'Keyless Blob Keeper (${suffix})'
    description: 'Reads, lists, creates and replaces blobs. Never deletes.'
    assignableScopes: assignableScopes
    permissions: [{ dataActions: ['${blob}/read', '${blob}/write'] }]
  }
}

resource keySetter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, 'key-setter', suffix)
  properties: {
    type: 'CustomRole'
    roleName: 'Keyless Key Setter (${suffix})'
    description: 'Sets a secret and sees that it is there. Never reads it.'
    assignableScopes: assignableScopes
    permissions: [{ dataActions: ['${secret}/setSecret/action', '${secret}/readMetadata/action'] }]
  }
}

@description('The names (GUIDs) of the role definitions, for the policy.')
output names customRoles = { depositor: depositor.name, keeper: keeper.name, keySetter: keySetter.name }
