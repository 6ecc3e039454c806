// Lets one principal deploy workshop.bicep into this group: all resources, but only the policy's role assignments.
// With these two assignments no principal can make itself Owner, not even of its own group.
import { customRoles, roles } from 'shared/roles.bicep'

@description('Required. Object id of the deployer.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Required. Type of the deployer.')
param principalType 'User' | 'Group' | 'ServicePrincipal'

@description('Required. The custom roles: the name (a GUID) of each definition, as output by roles.bicep.')
param custom customRoles

@description('Optional. The role with which the scaler reads the number of waiting messages: the name (a GUID) of a definition.')
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
    description: 'Creates the resources of workshop.bicep, and grants no right.'
  }
}

resource mayGive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, accessAdministrator)
  properties: {
    principalId: principalId
    principalType: principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', accessAdministrator)
    description: 'Grants and revokes the roles of the policy, and no other.'
    condition: onlyThese
    conditionVersion: '2.0'
  }
}
