// The roles of our own, made once for many: for a workshop, or where one person may make roles and another deploys.
// Who then deploys workshop.bicep gives their names and needs no right to make a role.
targetScope = 'subscription'

@description('Required. Told apart by this, as role names are unique in a tenant: letters, digits, hyphens.')
@minLength(4)
@maxLength(40)
param suffix string

module customRoles 'modules/roles.bicep' = {
  params: { suffix: suffix }
}

@description('Creates blobs, never reads or replaces one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_DEPOSITOR string = customRoles.outputs.names.depositor

@description('Reads and writes blobs, never deletes one: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEEPER string = customRoles.outputs.names.keeper

@description('Sets a secret, never reads it: the name (a GUID) of the definition.')
output CUSTOM_ROLE_KEY_SETTER string = customRoles.outputs.names.keySetter
