// Messages alone: a namespace that takes connection strings, and apps without any store.
param location string = resourceGroup().location

var roles = {
  sender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  receiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-mail-${take(uniqueString(resourceGroup().id), 8)}'
  location: location
  sku: { name: 'Standard' }
  resource letters 'queues' = { name: 'letters' }
  resource root 'authorizationRules' existing = { name: 'RootManageSharedAccessKey' }
}

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-mail'
  location: location
  properties: {}

  resource pubsub 'daprComponents' = {
    name: 'pubsub'
    properties: {
      componentType: 'pubsub.azure.servicebus.queues'
      version: 'v1'
      metadata: [{ name: 'namespaceName', value: '${bus.name}.servicebus.windows.net' }]
    }
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: 'crmail'
  location: location
  sku: { name: 'Basic' }
}

resource desk 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'desk'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    environmentId: environment.id
    configuration: {
      registries: [{ server: registry.properties.loginServer, username: registry.name, passwordSecretRef: 'registry' }]
      secrets: [
        { name: 'registry', value: registry.listCredentials().passwords[0].value }
        { name: 'bus', value: bus::root.listKeys().primaryConnectionString }
      ]
    }
    template: {
      containers: [
        {
          name: 'desk'
          image: '${registry.properties.loginServer}/desk:1'
          env: [
            { name: 'BUS', value: '${bus.name}.servicebus.windows.net' }
            { name: 'BUS_CONNECTION', secretRef: 'bus' }
          ]
        }
      ]
    }
  }
}

resource nightly 'Microsoft.App/jobs@2025-01-01' = {
  name: 'nightly'
  location: location
  identity: { type: 'SystemAssigned' }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Schedule'
      replicaTimeout: 600
      scheduleTriggerConfig: { cronExpression: '0 3 * * *' }
    }
    template: {
      containers: [
        { name: 'nightly', image: 'nightly', env: [{ name: 'BUS', value: '${bus.name}.servicebus.windows.net' }] }
      ]
    }
  }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::letters
  name: guid(bus::letters.id, desk.id, roles.sender)
  properties: {
    principalId: desk.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.sender)
  }
}

resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: bus::letters
  name: guid(bus::letters.id, nightly.id, roles.receiver)
  properties: {
    principalId: nightly.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.receiver)
  }
}
