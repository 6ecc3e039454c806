// Keyless in one resource group: the resources, their order, and the settings of each app. The four services reach
// storage, messages and one secret only through their managed identities.
import { customRoles, principal, way } from '../shared/roles.bicep'
import { entities } from '../shared/entities.bicep'

@description('The image of each service, with registry and tag; empty to run a placeholder.')
@export()
@sealed()
type serviceImages = { gateway: string, thumbnailer: string, catalog: string, notifier: string }

@description('One variable of a service.')
@export()
type setting = { name: string, value: string }

@description('Required. Short name of the environment: part of every name.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Required. Makes globally unique names unique.')
@minLength(8)
@maxLength(8)
param token string

@description('Required. Azure region of all resources.')
param location string

@description('Required. Whether to deploy the apps, or only the data services and the rights on them.')
param apps bool

@description('Required. The image of each service.')
param images serviceImages

@description('Required. The custom roles: the name (a GUID) of each definition.')
param custom customRoles

@description('Required. Object id of a developer, with the combined rights of the services. Empty for none.')
param developerPrincipalId string

@description('Required. Object id of the operator, with the right to set the signing key. Empty for none.')
param operatorPrincipalId string

@description('Required. Address ranges that may reach the gateway; \'any\' for all.')
param gatewayAddresses string[]

@description('Required. The partner\'s webhook, which the notifier calls for each photo; https.')
param partnerWebhookUrl string

@description('Required. Client ID of the catalog API\'s app registration; \'none\' to accept calls without a token.')
param catalogAudience string

@description('Required. The role with which the scaler reads the number of waiting messages: the name (a GUID) of a definition.')
param scalerRole string

@description('Required. Scope of that role for events: each subscription that the scaler counts, or the whole topic as well.')
param scalerScope 'subscriptions' | 'topic'

@description('Required. Days after which an original is deleted.')
param originalsDays int

@description('Required. Days in which a deleted blob, container, secret or vault can be recovered.')
param softDeleteDays int

@description('Required. Prevents everyone, owners included, from purging the vault or the secret before these days are over.')
param purgeProtection bool

@description('Required. Email address for the alert on dead letters. Empty to show it in the portal only.')
param alertEmail string

var name = 'keyless-${environmentName}'
var compact = toLower(replace(environmentName, '-', '')) // accounts and registries allow letters and digits only
var partner = startsWith(partnerWebhookUrl, 'https://')
  ? partnerWebhookUrl
  : fail('partnerWebhookUrl must begin with https://')

var accountName = 'st${compact}${token}'
var keyVaultName = 'kv-${environmentName}-${token}'

// Which principals exist must be known before the deployment starts; their ids may follow. All but the platform, whose
// rights come first.
var present principal[] = concat(
  apps ? ['gateway', 'thumbnailer', 'catalog', 'notifier'] : [],
  empty(developerPrincipalId) ? [] : ['developer'],
  empty(operatorPrincipalId) ? [] : ['operator']
)

module storage 'storage.bicep' = {
  params: {
    name: accountName
    location: location
    originalsDays: originalsDays
    softDeleteDays: softDeleteDays
  }
}

module vault 'vault.bicep' = {
  params: {
    name: keyVaultName
    location: location
    purgeProtection: purgeProtection
    softDeleteDays: softDeleteDays
  }
}

module messaging 'messaging.bicep' = {
  params: { name: 'sb-${name}-${token}', location: location }
}

// The path of a photo, for the query of waiting photos.
var photos way = {
  takes: 'gateway'
  request: 'POST /photos'
  what: 'photo'
  workers: ['thumbnailer', 'catalog', 'notifier']
}

module platform 'platform.bicep' = if (apps) {
  params: { name: name, location: location, pipeline: photos }
}

module registry 'registry.bicep' = if (apps) {
  params: { name: 'cr${compact}${token}', location: location }
}

module audit 'audit.bicep' = if (apps) {
  params: { vaultName: vault.outputs.name, logsId: platform!.outputs.logsId }
}

module alerts 'alerts.bicep' = if (apps) {
  params: { name: name, busName: messaging.outputs.name, email: alertEmail }
}

module gatewayIdentity 'identity.bicep' = if (apps) {
  params: { name: 'id-gateway-${environmentName}', location: location }
}

module thumbnailerIdentity 'identity.bicep' = if (apps) {
  params: { name: 'id-thumbnailer-${environmentName}', location: location }
}

module catalogIdentity 'identity.bicep' = if (apps) {
  params: { name: 'id-catalog-${environmentName}', location: location }
}

module platformIdentity 'identity.bicep' = if (apps) {
  params: { name: 'id-platform-${environmentName}', location: location }
}

// The policy is deployed in two steps. First the platform, whose identity pulls every image and counts for every scaler:
// an app that may not pull fails. This step depends on the scopes of its rows and on no app, so the account and the vault
// are passed by name.
module platformAccess 'access.bicep' = if (apps) {
  params: {
    storageName: accountName
    vaultName: keyVaultName
    busName: messaging.outputs.name
    insightsName: ''
    registryName: registry!.outputs.name
    scalerRole: scalerRole
    scalerScope: scalerScope
    custom: custom
    present: ['platform']
    ids: { platform: platformIdentity!.outputs.principalId }
  }
}

// Then all other principals, once the notifier's app exists and with it the notifier's identity.
module access 'access.bicep' = {
  params: {
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    busName: messaging.outputs.name
    insightsName: apps ? platform!.outputs.insightsName : ''
    registryName: ''
    scalerRole: scalerRole
    scalerScope: scalerScope
    custom: custom
    present: present
    ids: {
      gateway: apps ? gatewayIdentity!.outputs.principalId : ''
      thumbnailer: apps ? thumbnailerIdentity!.outputs.principalId : ''
      catalog: apps ? catalogIdentity!.outputs.principalId : ''
      notifier: apps ? notifier!.outputs.systemPrincipalId : ''
      developer: developerPrincipalId
      operator: operatorPrincipalId
    }
  }
}

// The settings of each service wherever it runs; those for Container Apps only are at its app.
var settings = {
  gateway: [
    { name: 'AZURE_STORAGE_BLOB_ENDPOINT', value: storage.outputs.blobEndpoint }
    { name: 'STORAGE_ORIGINALS_CONTAINER', value: entities.originals.name }
    { name: 'STORAGE_THUMBNAILS_CONTAINER', value: entities.thumbnails.name }
    { name: 'SERVICEBUS_FULLY_QUALIFIED_NAMESPACE', value: messaging.outputs.fqdn }
    { name: 'SERVICEBUS_QUEUE_NAME', value: entities.uploads.name }
    { name: 'CATALOG_AUDIENCE', value: catalogAudience }
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
    { name: 'AZURE_TENANT_ID', value: tenant().tenantId }
    { name: 'CATALOG_AUDIENCE', value: catalogAudience }
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

module gateway 'app.bicep' = if (apps) {
  params: {
    name: 'gateway'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: registry!.outputs.loginServer
    image: images.gateway
    platformIdentityId: platformIdentity!.outputs.id
    identityId: gatewayIdentity!.outputs.id
    ingress: 'external'
    allowedAddresses: contains(gatewayAddresses, 'any') ? [] : gatewayAddresses
    minReplicas: 1
    env: concat(settings.gateway, [
      { name: 'AZURE_CLIENT_ID', value: gatewayIdentity!.outputs.clientId }
      { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
      { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: platform!.outputs.connectionString }
      { name: 'CATALOG_ENDPOINT', value: 'https://${catalog!.outputs.fqdn}' }
      { name: 'TRUSTED_HOSTS', value: 'gateway.${platform!.outputs.domain}' } // a custom domain goes here, too
      { name: 'MALLOC_MMAP_THRESHOLD_', value: '1000000' } // the memory of a photo goes back once it is stored
    ])
  }
  dependsOn: [
    platformAccess // the platform may pull the image
    access // the gateway has its own rights
  ]
}

module thumbnailer 'app.bicep' = if (apps) {
  params: {
    name: 'thumbnailer'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: registry!.outputs.loginServer
    image: images.thumbnailer
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
      { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: platform!.outputs.connectionString }
      { name: 'MALLOC_ARENA_MAX', value: '2' } // unpacked photos in an arena for each thread never come back
    ])
  }
  dependsOn: [
    platformAccess // the platform may pull the image and count the uploads
    access // the thumbnailer has its own rights
  ]
}

module catalog 'app.bicep' = if (apps) {
  params: {
    name: 'catalog'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: registry!.outputs.loginServer
    image: images.catalog
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
      { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: platform!.outputs.connectionString }
      { name: 'TRUSTED_HOSTS', value: 'catalog.internal.${platform!.outputs.domain}' }
    ])
  }
  dependsOn: [
    platformAccess // the platform may pull the image and count the events
    access // the catalog has its own rights
  ]
}

// Its identity is system-assigned and exists only once the app does, so this app starts before it has its rights.
module notifier 'app.bicep' = if (apps) {
  params: {
    name: 'notifier'
    location: location
    environmentId: platform!.outputs.environmentId
    loginServer: registry!.outputs.loginServer
    image: images.notifier
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
      { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: platform!.outputs.connectionString }
    ])
  }
  dependsOn: [
    platformAccess // the platform may pull the image and count the events
  ]
}

@description('Conditional. URL of the gallery; empty without apps.')
output gatewayUrl string = apps ? 'https://${gateway!.outputs.fqdn}' : ''

@description('Conditional. The registry to push images to; empty without apps.')
output loginServer string = apps ? registry!.outputs.loginServer : ''

@description('Blob endpoint.')
output blobEndpoint string = storage.outputs.blobEndpoint

@description('Vault endpoint.')
output vaultEndpoint string = vault.outputs.endpoint

@description('Name of the vault.')
output vaultName string = vault.outputs.name

@description('Host name of the Service Bus namespace.')
output busFqdn string = messaging.outputs.fqdn

@description('Conditional. Object id of the identity that calls the catalog; empty without apps.')
output gatewayPrincipalId string = apps ? gatewayIdentity!.outputs.principalId : ''

@description('Settings of the gateway wherever it runs.')
output gatewaySettings setting[] = settings.gateway

@description('Settings of the thumbnailer wherever it runs.')
output thumbnailerSettings setting[] = settings.thumbnailer

@description('Settings of the catalog wherever it runs.')
output catalogSettings setting[] = settings.catalog

@description('Settings of the notifier wherever it runs.')
output notifierSettings setting[] = settings.notifier
