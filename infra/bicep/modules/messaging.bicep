// Service Bus: a queue for uploads, and a topic for their outcomes.
import { entities } from '../shared/entities.bicep'

@description('Required. Name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Required. Azure region.')
param location string

// Services renew the locks of messages in flight; a crashed one delays others by a minute.
var lockDuration = 'PT1M'

// Fourteen days outlast a long outage, and end before the original is deleted. An expired message is not lost: it is
// dead-lettered, and the thumbnailer turns a dead-lettered upload into a rejection.
var timeToLive = 'P14D'

// A client that repeats an upload under its Idempotency-Key within a day costs no second delivery. Later repeats do, and
// do no harm, since consumers are idempotent.
var duplicateWindow = 'P1D'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  sku: { name: 'Standard', tier: 'Standard' } // the smallest with topics
  properties: {
    disableLocalAuth: true // no connection strings: only Entra ID tokens are accepted
    minimumTlsVersion: '1.2'
  }

  resource uploads 'queues' = {
    name: entities.uploads.name
    properties: {
      lockDuration: lockDuration
      maxDeliveryCount: 10
      defaultMessageTimeToLive: timeToLive
      deadLetteringOnMessageExpiration: true
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: duplicateWindow
    }
  }

  resource events 'topics' = {
    name: entities.events.name
    properties: {
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: duplicateWindow
    }

    resource catalog 'subscriptions' = {
      name: entities.eventsForCatalog.name
      properties: {
        lockDuration: lockDuration
        maxDeliveryCount: 10
        defaultMessageTimeToLive: timeToLive
        deadLetteringOnMessageExpiration: true
        deadLetteringOnFilterEvaluationExceptions: true // an event that fails a filter is kept, not dropped
      }

      // Azure gives a new subscription a rule called $Default, which matches everything. None of ours uses that name: such
      // a rule was reported to vanish after the deployment. If Azure keeps its own beside ours, no harm is done, since
      // the topic carries only these two events (docs/assumptions.md, bus-default-rule).
      resource processed 'rules' = {
        name: 'processed'
        properties: { filterType: 'CorrelationFilter', correlationFilter: { label: 'photo.processed' } }
      }

      resource rejected 'rules' = {
        name: 'rejected'
        properties: { filterType: 'CorrelationFilter', correlationFilter: { label: 'photo.rejected' } }
        dependsOn: [processed] // Service Bus may refuse (409) one of two writes to a subscription at a time
      }
    }

    resource notifier 'subscriptions' = {
      name: entities.eventsForNotifier.name
      properties: {
        lockDuration: lockDuration
        maxDeliveryCount: 10
        defaultMessageTimeToLive: timeToLive
        deadLetteringOnMessageExpiration: true
        deadLetteringOnFilterEvaluationExceptions: true
      }

      // The same two events as one SQL filter, to show the other form.
      resource processedOrRejected 'rules' = {
        name: 'processed-or-rejected'
        properties: {
          filterType: 'SqlFilter'
          sqlFilter: { sqlExpression: 'sys.Label IN (\'photo.processed\', \'photo.rejected\')' }
        }
      }
    }
  }
}

@description('Name of the namespace, for the policy and the scaler.')
output name string = namespace.name

@description('Host name of the namespace, in the public Azure cloud.')
output fqdn string = '${namespace.name}.servicebus.windows.net'
