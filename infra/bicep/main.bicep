// Keyless: four services that reach storage, messages and one secret through their managed identities only.
targetScope = 'subscription'

import { principal } from 'shared/roles.bicep'
import { entities } from 'shared/entities.bicep'

@description('Required. Short name of the environment: part of every name.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Required. Azure region of all resources.')
param location string

@description('Optional. Whether to deploy the apps. Without them only the data services are made, and the rights of the developer and the operator: enough to run the services on a laptop.')
param apps bool = true

@description('Optional. Object id of a developer, who gets what the services have together. Empty for none.')
param developerPrincipalId string = ''

@description('Optional. Object id of the operator, who may set the signing key; or the word deployer, for whoever deploys; or none.')
@minLength(4)
@maxLength(36)
param operatorPrincipalId string = 'deployer'

@description('Required. The address ranges (CIDR, IPv4) that reach the gateway, whose upload is anonymous, or the one word any.')
@minLength(1)
param gatewayAddresses addressRange[]

@description('Required. Where the notifier tells the partner about photos; https.')
@minLength(10)
param partnerWebhookUrl string

@description('Optional. Tag of the images.')
@minLength(1)
@maxLength(128)
param imageTag string = 'latest'

@description('Optional. Whether the registry holds an image of the gateway; if not, a placeholder runs.')
param gatewayExists bool = false

@description('Optional. Whether the registry holds an image of the thumbnailer; if not, a placeholder runs.')
param thumbnailerExists bool = false

@description('Optional. Whether the registry holds an image of the catalog; if not, a placeholder runs.')
param catalogExists bool = false

@description('Optional. Whether the registry holds an image of the notifier; if not, a placeholder runs.')
param notifierExists bool = false

@description('Optional. The role by which the scaler reads how many messages wait: the name (a GUID) of a definition. The default, Azure Service Bus Data Owner, is known to suffice; a lesser one is not.')
@minLength(36)
@maxLength(36)
param scalerRole string = '090c5cfd-751d-490a-894a-3ce6f1109419'

@description('Optional. Days after which an original is deleted: more than the fourteen that its message may wait.')
@minValue(15)
@maxValue(3650)
param originalsDays int = 30

@description('Optional. Days in which a deleted blob, container, secret or vault can be brought back. Fixed once the vault exists.')
@minValue(7)
@maxValue(90)
param softDeleteDays int = 7

@description('Optional. Whether nobody, not even an owner, can purge the vault or the secret before these days are over. Cannot be undone.')
param purgeProtection bool = false

@description('Optional. Where the alert on dead letters is sent. Empty to show it in the portal only.')
param alertEmail string = ''

@minLength(3)
@maxLength(18)
type addressRange = string

type setting = { name: string, value: string }

var token = take(uniqueString(subscription().id, environmentName, location), 8)
var name = 'keyless-${environmentName}'
var compact = toLower(replace(environmentName, '-', '')) // accounts and registries take letters and digits only
var partner = startsWith(partnerWebhookUrl, 'https://')
  ? partnerWebhookUrl
  : fail('partnerWebhookUrl must begin with https://')

var operator = operatorPrincipalId == 'deployer' ? deployer().objectId : operatorPrincipalId

// Who there is has to be known before anything is deployed; who that is may turn out later.
var present principal[] = concat(
  apps ? ['gateway', 'thumbnailer', 'catalog', 'notifier', 'platform'] : [],
  empty(developerPrincipalId) ? [] : ['developer'],
  operatorPrincipalId == 'none' ? [] : ['operator']
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${name}'
  location: location
  tags: { 'azd-env-name': environmentName }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: 'st${compact}${token}'
    location: location
    originalsDays: originalsDays
    softDeleteDays: softDeleteDays
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${environmentName}-${token}'
    location: location
    purgeProtection: purgeProtection
    softDeleteDays: softDeleteDays
  }
}

module messaging 'modules/messaging.bicep' = {
  scope: group
  params: { name: 'sb-${name}-${token}', location: location }
}

module platform 'modules/platform.bicep' = if (apps) {
  scope: group
  params: { name: name, registryName: 'cr${compact}${token}', location: location }
}

module alerts 'modules/alerts.bicep' = if (apps) {
  scope: group
  params: { name: name, busName: messaging.outputs.name, email: alertEmail }
}

module gatewayIdentity 'modules/identity.bicep' = if (apps) {
  scope: group
  params: { name: 'id-gateway-${environmentName}', location: location }
}

module thumbnailerIdentity 'modules/identity.bicep' = if (apps) {
  scope: group
  params: { name: 'id-thumbnailer-${environmentName}', location: location }
}

module catalogIdentity 'modules/identity.bicep' = if (apps) {
  scope: group
  params: { name: 'id-catalog-${environmentName}', location: location }
}

module platformIdentity 'modules/identity.bicep' = if (apps) {
  scope: group
  params: { name: 'id-platform-${environmentName}', location: location }
}

module customRoles 'modules/roles.bicep' = {
  params: { suffix: '${environmentName}-${token}' }
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    busName: messaging.outputs.name
    insightsName: apps ? platform!.outputs.insightsName : ''
    registryName: apps ? platform!.outputs.registryName : ''
    scalerRole: scalerRole
    custom: customRoles.outputs.names
    present: present
    ids: {
      gateway: apps ? gatewayIdentity!.outputs.principalId : ''
      thumbnailer: apps ? thumbnailerIdentity!.outputs.principalId : ''
      catalog: apps ? catalogIdentity!.outputs.principalId : ''
      notifier: apps ? notifier!.outputs.systemPrincipalId : ''
      platform: apps ? platformIdentity!.outputs.principalId : ''
      developer: developerPrincipalId
      operator: operator
    }
  }
}

// What each service is told, wherever it runs; what it is told besides on Container Apps stands at its app.
var settings = {
  gateway: [
    { name: 'AZURE_STORAGE_BLOB_ENDPOINT', value: storage.outputs.blobEndpoint }
    { name: 'STORAGE_ORIGINALS_CONTAINER', value: entities.originals.name }
    { name: 'STORAGE_THUMBNAILS_CONTAINER', value: entities.thumbnails.name }
    { name: 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', value: messaging.outputs.fqdn }
    { name: 'SERVICEBUS_QUEUE_NAME', value: entities.uploads.name }
  ]
  thumbnailer: [
    { name: 'AZURE_STORAGE_BLOB_ENDPOINT', value: storage.outputs.blobEndpoint }
    { name: 'STORAGE_ORIGINALS_CONTAINER', value: entities.originals.name }
    { name: 'STORAGE_THUMBNAILS_CONTAINER', value: entities.thumbnails.name }
    { name: 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', value: messaging.outputs.fqdn }
    { name: 'SERVICEBUS_QUEUE_NAME', value: entities.uploads.name }
    { name: 'SERVICEBUS_TOPIC_NAME', value: entities.events.name }
  ]
  catalog: [
    { name: 'AZURE_STORAGE_BLOB_ENDPOINT', value: storage.outputs.blobEndpoint }
    { name: 'STORAGE_CATALOG_CONTAINER', value: entities.index.name }
    { name: 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', value: messaging.outputs.fqdn }
    { name: 'SERVICEBUS_TOPIC_NAME', value: entities.events.name }
    { name: 'SERVICEBUS_SUBSCRIPTION_NAME', value: entities.eventsForCatalog.name }
  ]
  notifier: [
    { name: 'AZURE_KEY_VAULT_ENDPOINT', value: vault.outputs.endpoint }
    { name: 'WEBHOOK_SECRET_NAME', value: entities.signingKey.name }
    { name: 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', value: messaging.outputs.fqdn }
    { name: 'SERVICEBUS_TOPIC_NAME', value: entities.events.name }
    { name: 'SERVICEBUS_SUBSCRIPTION_NAME', value: entities.eventsForNotifier.name }
    { name: 'PARTNER_WEBHOOK_URL', value: partner }
  ]
}

module gateway 'modules/app.bicep' = if (apps) {
  scope: group
  params: {
    name: 'gateway'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: platform!.outputs.loginServer
    exists: gatewayExists
    imageTag: imageTag
    platformIdentityId: platformIdentity!.outputs.id
    identityId: gatewayIdentity!.outputs.id
    ingress: 'external'
    allowedAddresses: contains(gatewayAddresses, 'any') ? [] : gatewayAddresses
    minReplicas: 1
    env: concat(settings.gateway, [
      { name: 'AZURE_CLIENT_ID', value: gatewayIdentity!.outputs.clientId }
      { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
      { name: 'CATALOG_ENDPOINT', value: 'https://${catalog!.outputs.fqdn}' }
    ])
  }
  dependsOn: [access]
}

module thumbnailer 'modules/app.bicep' = if (apps) {
  scope: group
  params: {
    name: 'thumbnailer'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: platform!.outputs.loginServer
    exists: thumbnailerExists
    imageTag: imageTag
    platformIdentityId: platformIdentity!.outputs.id
    identityId: thumbnailerIdentity!.outputs.id
    ingress: 'none'
    worksOff: { namespace: messaging.outputs.name, queueName: entities.uploads.name }
    wakesHourly: true // for its dead letters
    minReplicas: 0
    cpu: '0.5' // a photo of 20 MB is many times that when unpacked
    env: concat(settings.thumbnailer, [
      { name: 'AZURE_CLIENT_ID', value: thumbnailerIdentity!.outputs.clientId }
      { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
    ])
  }
  dependsOn: [access]
}

module catalog 'modules/app.bicep' = if (apps) {
  scope: group
  params: {
    name: 'catalog'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: platform!.outputs.loginServer
    exists: catalogExists
    imageTag: imageTag
    platformIdentityId: platformIdentity!.outputs.id
    identityId: catalogIdentity!.outputs.id
    ingress: 'internal'
    worksOff: {
      namespace: messaging.outputs.name
      topicName: entities.events.name
      subscriptionName: entities.eventsForCatalog.name
    }
    minReplicas: 1
    env: concat(settings.catalog, [
      { name: 'AZURE_CLIENT_ID', value: catalogIdentity!.outputs.clientId }
      { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
    ])
  }
  dependsOn: [access]
}

// Its identity is system-assigned: it exists only once the app does, so this app comes before its rights, and waits.
module notifier 'modules/app.bicep' = if (apps) {
  scope: group
  params: {
    name: 'notifier'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: platform!.outputs.loginServer
    exists: notifierExists
    imageTag: imageTag
    platformIdentityId: platformIdentity!.outputs.id
    ingress: 'none'
    worksOff: {
      namespace: messaging.outputs.name
      topicName: entities.events.name
      subscriptionName: entities.eventsForNotifier.name
    }
    minReplicas: 0
    env: concat(settings.notifier, [
      { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
    ])
  }
}

@description('Conditional. Where the gallery is; null without apps.')
output GATEWAY_URL string? = apps ? 'https://${gateway!.outputs.fqdn}' : null

@description('Conditional. The registry to push images to; null without apps.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string? = apps ? platform!.outputs.loginServer : null

@description('The resource group that everything is in, except the custom roles.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The blobs, for services that run on a laptop.')
output AZURE_STORAGE_BLOB_ENDPOINT string = storage.outputs.blobEndpoint

@description('The vault, for services that run on a laptop.')
output AZURE_KEY_VAULT_ENDPOINT string = vault.outputs.endpoint

@description('Name of the vault, for the operator.')
output AZURE_KEY_VAULT_NAME string = vault.outputs.name

@description('The Service Bus namespace, for services that run on a laptop.')
output SERVICEBUS_FULLY_QUALIFIED_NAMESPACE string = messaging.outputs.fqdn

@description('What the gateway is told wherever it runs, for services that run on a laptop.')
output GATEWAY_SETTINGS setting[] = settings.gateway

@description('What the thumbnailer is told wherever it runs.')
output THUMBNAILER_SETTINGS setting[] = settings.thumbnailer

@description('What the catalog is told wherever it runs.')
output CATALOG_SETTINGS setting[] = settings.catalog

@description('What the notifier is told wherever it runs.')
output NOTIFIER_SETTINGS setting[] = settings.notifier

@description('Who may run the services on a laptop; empty for nobody.')
output DEVELOPER_PRINCIPAL_ID string = developerPrincipalId

@description('Who may set the signing key; empty for nobody.')
output OPERATOR_PRINCIPAL_ID string = contains(present, 'operator') ? operator : ''
