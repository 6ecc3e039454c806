// One service as a container app, with its own identity.

@description('One variable of the service\'s environment.')
@export()
type variable = { name: string, value: string }

@description('The entity whose messages the scaler counts: a queue, or a subscription of a topic.')
@sealed()
type backlog = { namespace: string, queueName: string?, topicName: string?, subscriptionName: string? }

@description('Required. Name of the service: of the app and its container.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. The environment to run in.')
param environmentId string

@description('Required. Host name of the registry.')
param loginServer string

@description('Required. The image, with registry and tag. Empty to run a placeholder, so that everything else can be deployed.')
param image string

@description('Required. The identity with which the platform pulls the image and reads the number of waiting messages.')
param platformIdentityId string

@description('Optional. The user-assigned identity of the service; without one it has a system-assigned identity.')
param identityId string?

@description('Required. Ingress of the service: from everywhere, from the apps of this environment, or none.')
param ingress 'external' | 'internal' | 'none'

@description('Optional. Address ranges that may reach an external service; empty for all.')
param allowedAddresses string[] = []

@description('Required. All environment variables of the service.')
param env variable[]

@description('Optional. The backlog of the service; a replica is added for every five messages.')
param worksOff backlog?

@description('Optional. Starts a replica every full hour as well, for messages that the scaler does not count.')
param wakesHourly bool = false

@description('Required. Number of replicas when idle.')
@minValue(0)
@maxValue(1)
param minReplicas int

@description('Optional. Processor cores; memory is two gibibytes for each.')
param cpu '0.25' | '0.5' = '0.25'

var exists = !empty(image)
var port = exists ? 8000 : 80

// Azure takes up to 10 failures in a row, and up to 240 seconds for a period or a timeout:
// https://learn.microsoft.com/javascript/api/@azure/arm-appcontainers/containerappprobe
var alive = { path: '/healthz', port: port }
var probes = concat(
  [
    // A cold start takes 4 to 10 seconds on a quarter of a core; this allows 50. A replica that fails it is killed, so
    // it checks that the service answers, never its rights.
    { type: 'Startup', httpGet: alive, periodSeconds: 5, failureThreshold: 10, timeoutSeconds: 5 }
    // One second, the default, is short for a quarter of a core that is busy. Killed after half a minute without answer.
    { type: 'Liveness', httpGet: alive, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 }
  ],
  // Nothing is routed to a worker, so a readiness probe would only make its revision count as failed, the notifier's until
  // the operator sets the key. A worker's log says what it waits for.
  ingress == 'none'
    ? []
    : [
        {
          type: 'Readiness'
          httpGet: { path: '/readyz', port: port }
          periodSeconds: 10
          failureThreshold: 3
          timeoutSeconds: 5
        }
      ]
)

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: name
  location: location
  tags: { 'azd-service-name': name }
  identity: {
    type: empty(identityId) ? 'SystemAssigned,UserAssigned' : 'UserAssigned'
    userAssignedIdentities: toObject(
      empty(identityId) ? [platformIdentityId] : [platformIdentityId, identityId!],
      id => id,
      id => {}
    )
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      // Container Apps signs in to each registry that a revision names, needed or not, so the placeholder names none:
      // https://github.com/microsoft/azure-container-apps/issues/646
      registries: exists ? [{ server: loginServer, identity: platformIdentityId }] : []
      identitySettings: [
        { identity: platformIdentityId, lifecycle: 'None' } // attached, but no code in the app can get its token
        { identity: identityId ?? 'system', lifecycle: 'Main' }
      ]
      ingress: ingress == 'none'
        ? null
        : {
            external: ingress == 'external'
            targetPort: port
            transport: 'http'
            allowInsecure: false
            ipSecurityRestrictions: map(allowedAddresses, (range, i) => {
              name: 'allowed-${i}'
              ipAddressRange: range
              action: 'Allow' // with one rule that allows, all other addresses are refused
            })
          }
    }
    template: {
      terminationGracePeriodSeconds: 60 // more than gunicorn takes to finish what is in hand
      containers: [
        {
          name: name
          image: exists ? image : 'mcr.microsoft.com/k8se/quickstart:latest'
          env: env
          resources: { cpu: json(cpu), memory: cpu == '0.25' ? '0.5Gi' : '1Gi' }
          probes: exists ? probes : []
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: 3
        rules: concat(
          worksOff == null
            ? []
            : [
                {
                  name: 'backlog'
                  custom: {
                    type: 'azure-servicebus'
                    identity: platformIdentityId
                    metadata: union({ messageCount: '5' }, worksOff!)
                  }
                }
              ],
          wakesHourly
            ? [
                {
                  name: 'hourly'
                  custom: {
                    type: 'cron'
                    metadata: { timezone: 'Etc/UTC', start: '0 * * * *', end: '5 * * * *', desiredReplicas: '1' }
                  }
                }
              ]
            : []
        )
      }
    }
  }
}

@description('Conditional. Host name of the service, where it has an ingress.')
output fqdn string = ingress == 'none' ? '' : app.properties.configuration.ingress.fqdn

@description('Conditional. Object id of the system-assigned identity, where the service has one.')
output systemPrincipalId string = empty(identityId) ? app.identity.principalId : ''
