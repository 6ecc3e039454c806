// The vocabulary of the policy: built-in roles, and the shape of a row.
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles

@description('The built-in roles that the policy uses. Owner and Contributor are absent, so roles.owner does not compile.')
@export()
var roles = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  busSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
}

@description('The custom roles of modules/roles.bicep: the name (a GUID) of each definition.')
@export()
@sealed()
type customRoles = {
  @description('May create a blob that does not exist yet, and read the tags of one that does.')
  depositor: string

  @description('May read and write blobs, never delete them.')
  keeper: string

  @description('May set a secret and read its metadata, never its value.')
  keySetter: string
}

@description('Every principal that can have a right.')
@export()
type principal = 'gateway' | 'thumbnailer' | 'catalog' | 'notifier' | 'platform' | 'developer' | 'operator'

var services = ['gateway', 'thumbnailer', 'catalog', 'notifier']
var users = ['developer', 'operator']

@description('The object ids (not the client ids) of the principals; absent or empty for a principal that does not exist.')
@export()
@sealed()
type principalIds = {
  gateway: string?
  thumbnailer: string?
  catalog: string?
  notifier: string?
  platform: string?
  developer: string?
  operator: string?
}

@description('The scope of a right: the narrowest resource that works.')
@sealed()
type target = {
  kind: 'container' | 'secret' | 'queue' | 'topic' | 'subscription' | 'component' | 'registry'
  name: string
}

@description('One row of the policy.')
@export()
@sealed()
type grant = {
  who: principal

  @description('The name (a GUID) of a role definition.')
  role: string
  on: target

  @description('One sentence; Azure shows it as the description of the role assignment.')
  why: string
}

@description('The path of work through the services: the service and request that accept it, its name in telemetry, and the services that handle it. Names that are no principal do not compile.')
@export()
@sealed()
type way = { takes: principal, request: string, what: string, workers: principal[] }

@description('The rows on one kind of resource, for resources and principals that this deployment has.')
@export()
func rowsOn(kind string, policy grant[], present principal[]) grant[] =>
  filter(policy, row => row.on.kind == kind && !empty(row.on.name) && contains(present, row.who))

// Rows with the same key give the same right.
func keyOf(role string, on target) string => '${role} on ${on.kind} ${on.name}'

@description('The rights of the four services, each once, as rows of the developer; the keeper of a container needs no reader role on it.')
@export()
func asDeveloper(policy grant[], keeper string) grant[] =>
  map(
    filter(
      policy,
      (row, i) =>
        contains(services, row.who) && i == indexOf(
          map(policy, other => keyOf(other.role, other.on)),
          keyOf(row.role, row.on)
        ) && !(row.role == roles.blobReader && contains(
          map(policy, other => keyOf(other.role, other.on)),
          keyOf(keeper, row.on)
        ))
    ),
    row => {
      who: 'developer'
      role: row.role
      on: row.on
      why: 'The same for a developer who runs the services locally: ${row.why}'
    }
  )

@description('The properties of the role assignment for a row.')
@export()
func assignment(row grant, principalId string) {
  principalId: string
  principalType: 'ServicePrincipal' | 'User'
  roleDefinitionId: string
  description: string
} => {
  principalId: principalId
  // Without the type, Azure looks the principal up, and one that is seconds old may not be found yet.
  principalType: contains(users, row.who) ? 'User' : 'ServicePrincipal'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
  description: row.why
}

@description('The name of the role assignment for a row: derived from scope, principal, role, and a word that marks it as ours. The hook that removes assignments without a row recognizes ours by it.')
@export()
func nameOf(row grant, scope string, principalId string) string => guid(scope, principalId, row.role, 'keyless')
