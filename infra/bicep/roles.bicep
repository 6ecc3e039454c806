// The custom roles, created once for many deployments: for a workshop, or where one person creates roles and another
// deploys. The deployer of workshop.bicep passes their names and needs no right to create roles.
targetScope = 'subscription'

// Role names are unique in a tenant, so the default derives from the subscription. It has 13 letters where an
// environment's roles have 8, so that no azd down deletes these as its own.
@description('Optional. End of each role\'s name, which makes it unique in the tenant: letters, digits, hyphens.')
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
