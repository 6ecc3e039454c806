// The roles of our own, made once for many: for a workshop, or where one person may make roles and another deploys.
// Who then deploys workshop.bicep gives their names and needs no right to make a role.
targetScope = 'subscription'

// Names of roles are unique in a tenant, and two hosts would think of the same word: so the default is of the
// subscription. It has 13 letters where an environment's roles have 8, so that no azd down takes these for its own.
@description('Optional. The end of each role\'s name, by which it is told from all others of the tenant: letters, digits, hyphens.')
@minLength(4)
@maxLength(40)
param suffix string = 'workshop-${uniqueString(subscription().id)}'

module customRoles 'modules/roles.bicep' = {
  params: { suffix: suffix }
}

@description('Creates blobs, never reads or replaces one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_DEPOSITOR string = customRoles.outputs.names.depositor

@description('Reads and writes blobs, never deletes one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEEPER string = customRoles.outputs.names.keeper

@description('Sets a secret, never reads it: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEY_SETTER string = customRoles.outputs.names.keySetter
