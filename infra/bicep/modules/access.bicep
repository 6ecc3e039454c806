// Who may do what, on what, and why. This table is the whole policy: no right is granted anywhere else.
import {
  asDeveloper
  assignment
  customRoles
  grant
  nameOf
  principal
  principalIds
  roles
  rowsOn
} from '../shared/roles.bicep'
import { entities } from '../shared/entities.bicep'

@description('Required. The storage account that holds the containers.')
param storageName string

@description('Required. The vault that holds the secret.')
param vaultName string

@description('Required. The Service Bus namespace that holds the queue and the topic.')
param busName string

@description('Conditional. The Application Insights component; empty if no present principal has a right on it.')
param insightsName string

@description('Conditional. The container registry; empty if no present principal has a right on it.')
param registryName string

@description('Required. The role with which the scaler reads the number of waiting messages: the name (a GUID) of a definition.')
param scalerRole string

@description('Required. Scope of that role for events: each subscription that the scaler counts, or the whole topic as well.')
param scalerScope 'subscriptions' | 'topic'

@description('Required. The custom roles.')
param custom customRoles

@description('Required. The principals that get their rights from this call. Rows of others are skipped.')
param present principal[]

@description('Required. Their object ids; empty for others.')
param ids principalIds

var insights = { kind: 'component', name: insightsName }
var registry = { kind: 'registry', name: registryName }
var nothing = { kind: 'topic', name: '' } // a row without a name is skipped

var policy grant[] = [
  {
    who: 'gateway'
    role: custom.depositor
    on: entities.originals
    why: 'The public face stores what is uploaded and sees whether it is there; if it is broken into, no original can be read, replaced or deleted.'
  }
  {
    who: 'gateway'
    role: roles.blobReader
    on: entities.thumbnails
    why: 'The gallery shows thumbnails; it never makes one.'
  }
  {
    who: 'gateway'
    role: roles.busSender
    on: entities.uploads
    why: 'Each stored photo is announced to the thumbnailer; sending gives no right to receive.'
  }
  {
    who: 'gateway'
    role: roles.metricsPublisher
    on: insights
    why: 'Local auth is off on the component, so telemetry needs a role like everything else.'
  }
  {
    who: 'thumbnailer'
    role: roles.busReceiver
    on: entities.uploads
    why: 'The worker takes uploads from its queue, and from the dead-letter queue below it, which this scope includes.'
  }
  {
    who: 'thumbnailer'
    role: roles.blobReader
    on: entities.originals
    why: 'A thumbnail is made from the original; the worker that parses hostile images must not be able to change one.'
  }
  {
    who: 'thumbnailer'
    role: custom.keeper
    on: entities.thumbnails
    why: 'The worker writes thumbnails and may write one again after a crash; nothing in the pipeline deletes one.'
  }
  {
    who: 'thumbnailer'
    role: roles.busSender
    on: entities.events
    why: 'The worker publishes what became of a photo; it cannot see who listens.'
  }
  {
    who: 'thumbnailer'
    role: roles.metricsPublisher
    on: insights
    why: 'Local auth is off on the component, so telemetry needs a role like everything else.'
  }
  {
    who: 'catalog'
    role: roles.busReceiver
    on: entities.eventsForCatalog
    why: 'The index follows its own subscription; a right on the topic would open every other subscription too.'
  }
  {
    who: 'catalog'
    role: custom.keeper
    on: entities.index
    why: 'The index is read and written here and nowhere else; photos are out of reach of the service that lists them.'
  }
  {
    who: 'catalog'
    role: roles.metricsPublisher
    on: insights
    why: 'Local auth is off on the component, so telemetry needs a role like everything else.'
  }
  {
    who: 'notifier'
    role: roles.busReceiver
    on: entities.eventsForNotifier
    why: 'The partner is notified of the events of this one subscription.'
  }
  {
    who: 'notifier'
    role: roles.secretsUser
    on: entities.signingKey
    why: 'A webhook is signed with this one key; a role on the vault would open every secret that is ever put there.'
  }
  {
    who: 'notifier'
    role: roles.metricsPublisher
    on: insights
    why: 'Local auth is off on the component, so telemetry needs a role like everything else.'
  }

  // No code can get a token for the platform's identity, so whatever the scaler needs stays off the workers.
  {
    who: 'platform'
    role: roles.acrPull
    on: registry
    why: 'Container Apps pulls the images with this identity, so the registry needs no password.'
  }
  {
    who: 'platform'
    role: scalerRole
    on: entities.uploads
    why: 'The scaler reads how many uploads wait for the thumbnailer; the role that this requires is too wide for the worker itself.'
  }
  {
    who: 'platform'
    role: scalerRole
    on: entities.eventsForCatalog
    why: 'The scaler reads how many events wait for the catalog; the role that this requires is too wide for the worker itself.'
  }
  {
    who: 'platform'
    role: scalerRole
    on: entities.eventsForNotifier
    why: 'The scaler reads how many events wait for the notifier; the role that this requires is too wide for the worker itself.'
  }
  {
    who: 'platform'
    role: scalerRole
    on: scalerScope == 'topic' ? entities.events : nothing
    why: 'The scaler counts the waiting events of each subscription, where Azure requires a right on the whole topic for that.'
  }

  {
    who: 'operator'
    role: custom.keySetter
    on: entities.signingKey
    why: 'The operator sets the key that the partner verifies with, and cannot read it back.'
  }
]

// A developer runs the four services under one sign-in, and so has their combined rights, and no more.
var rows = concat(policy, asDeveloper(policy, custom.keeper))

// One pair for each kind of resource, since Bicep allows only a resource as a scope. A row and its scope share an index.
// The same row is the same assignment at every deployment, and a recreated identity gets its own assignment instead of an
// error.

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
  resource blobs 'blobServices' existing = { name: 'default' }
}
resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = [
  for row in rowsOn('container', rows, present): { parent: account::blobs, name: row.on.name }
]
resource onContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('container', rows, present): {
    scope: container[i]
    name: nameOf(row, container[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = { name: vaultName }
resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for row in rowsOn('secret', rows, present): { parent: vault, name: row.on.name }
]
resource onSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('secret', rows, present): {
    scope: secret[i]
    name: nameOf(row, secret[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = { name: busName }
resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for row in rowsOn('queue', rows, present): { parent: bus, name: row.on.name }
]
resource onQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('queue', rows, present): {
    scope: queue[i]
    name: nameOf(row, queue[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for row in rowsOn('topic', rows, present): { parent: bus, name: row.on.name }
]
resource onTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('topic', rows, present): {
    scope: topic[i]
    name: nameOf(row, topic[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource events 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  parent: bus
  name: entities.events.name
}
resource subscriber 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = [
  for row in rowsOn('subscription', rows, present): { parent: events, name: row.on.name }
]
resource onSubscription 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('subscription', rows, present): {
    scope: subscriber[i]
    name: nameOf(row, subscriber[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource component 'Microsoft.Insights/components@2020-02-02' existing = [
  for row in rowsOn('component', rows, present): { name: row.on.name }
]
resource onComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('component', rows, present): {
    scope: component[i]
    name: nameOf(row, component[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]

resource images 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = [
  for row in rowsOn('registry', rows, present): { name: row.on.name }
]
resource onRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (row, i) in rowsOn('registry', rows, present): {
    scope: images[i]
    name: nameOf(row, images[i].id, ids[row.who])
    properties: assignment(row, ids[row.who])
  }
]
