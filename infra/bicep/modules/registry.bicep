// The registry of the images. Its own module, so that the right to pull is granted while the environment is being created.

@description('Required. Name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('Required. Azure region.')
param location string

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  // checkov:skip=CKV_AZURE_139: Only Premium can close its public address. Pulling requires a role: there is no admin user and no anonymous pull.
  // checkov:skip=CKV_AZURE_163: Scanning is Defender for Containers, a plan of the whole subscription: not for a template of one application to buy.
  // checkov:skip=CKV_AZURE_166: Quarantine is for Premium, and needs a scanner that lets images out again.
  name: name
  location: location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false } // no password: images are pulled by the platform's identity
}

@description('Name of the registry, for the policy.')
output name string = registry.name

@description('Host name of the registry.')
output loginServer string = registry.properties.loginServer
