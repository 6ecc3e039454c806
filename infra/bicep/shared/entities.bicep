// The entities that identities have rights on, each named once: the modules create them under these names, the policy
// grants on them, and the services read them from their environment.

@description('Every entity that holds data, by its name in the policy.')
@export()
var entities = {
  originals: { kind: 'container', name: 'originals' }
  thumbnails: { kind: 'container', name: 'thumbnails' }
  index: { kind: 'container', name: 'catalog' }
  uploads: { kind: 'queue', name: 'photo-uploads' }
  events: { kind: 'topic', name: 'photo-events' }
  eventsForCatalog: { kind: 'subscription', name: 'catalog' }
  eventsForNotifier: { kind: 'subscription', name: 'notifier' }
  signingKey: { kind: 'secret', name: 'webhook-signing-key' }
}
