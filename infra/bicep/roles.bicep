// The roles of our own, made once for many: for a workshop, or where one person may make roles and another deploys.
// Who then deploys workshop.bicep gives their names and needs no right to make a role.
targetScope = 'subscription'

@description('Optional. Tells these roles from those of another workshop in this subscription: letters, digits, hyphens.')
@minLength(4)
@maxLength(31)
param suffix string = 'workshop'

// Names of roles are unique in a tenant, and two hosts in two subscriptions would choose the same word.
var token = take(uniqueString(subscription().id), 8)

module customRoles 'modules/roles.bicep' = {
  params: { suffix: '${suffix}-${token}' }
}

@description('Creates blobs, never reads or replaces one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_DEPOSITOR string = customRoles.outputs.names.depositor

@description('Reads and writes blobs, never deletes one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEEPER string = customRoles.outputs.names.keeper

@description('Sets a secret, never reads it: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEY_SETTER string = customRoles.outputs.names.keySetter
