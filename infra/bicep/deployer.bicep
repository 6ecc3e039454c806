// Who may deploy workshop.bicep into this one group: everything but rights, and of rights only those of the policy.
// With these two assignments nobody can make themselves Owner, not even of their own group.
import { customRoles, roles } from 'shared/roles.bicep'

@description('Required. Object id of who deploys.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Required. What the object id is of.')
param principalType 'User' | 'Group' | 'ServicePrincipal'

@description('Required. The roles of our own: the name (a GUID) of each definition, as roles.bicep gives them out.')
param custom customRoles

@description('Optional. The role by which the scaler reads how many messages wait, where it is not the default: a GUID.')
@minLength(36)
@maxLength(36)
param scalerRole string = '090c5cfd-751d-490a-894a-3ce6f1109419'

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged
var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'
var accessAdministrator = 'f58310d9-a9f6-439a-9e8d-f62e7b41a168'

var mayBeGiven = concat(map(items(roles), role => role.value), map(items(custom), role => role.value), [scalerRole])
var these = 'ForAnyOfAnyValues:GuidEquals {${join(mayBeGiven, ', ')}}'

// https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples
var onlyThese = join(
  [
    '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR'
    '(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ${these}))'
    'AND ((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR'
    '(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ${these}))'
  ],
  ' '
)

resource mayMake 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, contributor)
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
    description: 'Makes what workshop.bicep makes, and gives no right.'
  }
}

resource mayGive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, accessAdministrator)
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', accessAdministrator)
    description: 'Gives and takes the roles of the policy, and no other.'
    condition: onlyThese
    conditionVersion: '2.0'
  }
}
