// The vocabulary of the policy: built-in roles, and what a row of the table looks like.
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles

@description('The built-in roles handed out here. Owner and Contributor are absent, so roles.owner does not compile.')
@export()
var roles = {
  acrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  busSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
}

@description('The roles of our own, made by modules/roles.bicep: the name (a GUID) of each definition.')
@export()
@sealed()
type customRoles = {
  @description('May create a blob that does not exist yet, and see the tags of one that does.')
  depositor: string

  @description('May read and write blobs, never delete them.')
  keeper: string

  @description('May set a secret and see that it is there, never read it.')
  keySetter: string
}

@description('Everyone who can be given a right.')
@export()
type principal = 'gateway' | 'thumbnailer' | 'catalog' | 'notifier' | 'platform' | 'developer' | 'operator'

var services = ['gateway', 'thumbnailer', 'catalog', 'notifier']
var users = ['developer', 'operator']

@description('The object ids (not the client ids) of the principals; absent or empty where there is no such principal.')
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

@description('What a right is on: the narrowest resource that works.')
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

@description('What passes through the services: who takes it in by which request, what their telemetry calls it, and who has to handle it. Names that are no principal do not compile.')
@export()
@sealed()
type way = { takes: principal, request: string, what: string, workers: principal[] }

@description('The rows on one kind of resource, as far as this deployment has the resource and the principal.')
@export()
func rowsOn(kind string, policy grant[], present principal[]) grant[] =>
  filter(policy, row => row.on.kind == kind && !empty(row.on.name) && contains(present, row.who))

@description('The rights of the four services, each once, as rows of the developer; who keeps a container needs no right to read it.')
@export()
func asDeveloper(policy grant[], keeper string) grant[] =>
  map(
    filter(
      policy,
      (row, i) =>
        contains(services, row.who) && i == indexOf(
          map(policy, other => '${other.role} on ${other.on.kind} ${other.on.name}'),
          '${row.role} on ${row.on.kind} ${row.on.name}'
        ) && !(row.role == roles.blobReader && contains(
          map(policy, other => '${other.role} on ${other.on.kind} ${other.on.name}'),
          '${keeper} on ${row.on.kind} ${row.on.name}'
        ))
    ),
    row => {
      who: 'developer'
      role: row.role
      on: row.on
      why: 'The same for a developer who runs the services locally: ${row.why}'
    }
  )

@description('The body of the role assignment that carries out a row.')
@export()
func assignment(row grant, principalId string) {
  principalId: string
  principalType: 'ServicePrincipal' | 'User'
  roleDefinitionId: string
  description: string
} => {
  principalId: principalId
  // Without the type Azure looks the principal up, and one that is seconds old may not be found yet.
  principalType: contains(users, row.who) ? 'User' : 'ServicePrincipal'
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', row.role)
  description: row.why
}

@description('The name of the role assignment that carries out a row: of scope, principal and role, and of a word that tells ours from those that others made the same way. The hook that removes what has left the policy knows ours by it.')
@export()
func nameOf(row grant, scope string, principalId string) string => guid(scope, principalId, row.role, 'keyless')
