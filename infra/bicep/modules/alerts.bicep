// An alert on dead letters that stay, since they need a person.

@description('Required. Names the alert.')
param name string

@description('Required. The Service Bus namespace to watch.')
param busName string

@description('Optional. Email address for the alert; empty to show it in the portal only.')
param email string

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = { name: busName }

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${name}'
  location: 'global'
  properties: {
    enabled: true
    groupShortName: take(name, 12) // Azure's limit
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters-${name}'
  location: 'global'
  properties: {
    description: 'Messages stay in a dead-letter queue. Read their reason and description, fix the cause, then redrive them.'
    severity: 2
    enabled: true
    scopes: [bus.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H' // a worker that works its own dead letters off wakes for it once an hour
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'stay'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }] // says which queue or topic
          timeAggregation: 'Minimum' // above zero for the whole hour
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}
