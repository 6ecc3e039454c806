param location string
param identities array
param settings array
param clientId string

resource environment 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: 'cae-shop'
  location: location
  properties: {}
}

resource shop 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'shop'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identities[0]}': {} } }
  properties: {
    environmentId: environment.id
    configuration: { ingress: { external: true, targetPort: 8000 } }
    template: { containers: [{ name: 'shop', image: 'shop', env: union(settings, [{ name: 'AZURE_CLIENT_ID', value: clientId }]) }] }
  }
}

// It has no identity: on Azure it gets no token, and neither here.
resource banner 'Microsoft.App/containerApps@2025-01-01' = {
  name: 'banner'
  location: location
  properties: {
    environmentId: environment.id
    template: { containers: [{ name: 'banner', image: 'banner' }] }
  }
}
