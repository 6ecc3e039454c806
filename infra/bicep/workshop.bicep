// The same deployment for those who hold one resource group and nothing else. The roles of our own come from
// roles.bicep, made beforehand by somebody who may; deployer.bicep says which rights suffice here.
import { customRoles } from 'shared/roles.bicep'
import { setting } from 'modules/application.bicep'
import { environmentNamed } from 'shared/names.bicep'

@description('Required. Short name of the attendee, part of every name: letters, digits, and single hyphens between them.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Optional. Azure region of all resources.')
param location string = resourceGroup().location

@description('Required. The roles of our own: the name (a GUID) of each definition.')
param custom customRoles

@description('Optional. Whether to deploy the apps. Without them only the data services are made, and rights on them.')
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

@description('Required. Whom a token for the catalog is for: the application id that infra/entra/register.py prints; or the word none, and then nothing but the internal ingress protects the catalog.')
@minLength(4)
@maxLength(36)
param catalogAudience string

@description('Optional. Image of the gateway, with registry and tag. Empty while there is none: a placeholder runs.')
param gatewayImage string = ''

@description('Optional. Image of the thumbnailer, with registry and tag. Empty while there is none: a placeholder runs.')
param thumbnailerImage string = ''

@description('Optional. Image of the catalog, with registry and tag. Empty while there is none: a placeholder runs.')
param catalogImage string = ''

@description('Optional. Image of the notifier, with registry and tag. Empty while there is none: a placeholder runs.')
param notifierImage string = ''

@description('Optional. On what the scaler has its role for events: each subscription that it counts, or, should Azure refuse that, their whole topic besides.')
param scalerScope 'subscriptions' | 'topic' = 'subscriptions'

@minLength(3)
@maxLength(18)
type addressRange = string

var environment = environmentNamed(environmentName)

// Of the group, so that two attendees of one name have two tokens.
var token = take(uniqueString(resourceGroup().id, environment), 8)

var operator = operatorPrincipalId == 'deployer' ? deployer().objectId : operatorPrincipalId

module application 'modules/application.bicep' = {
  params: {
    environmentName: environment
    token: token
    location: location
    apps: apps
    images: {
      gateway: gatewayImage
      thumbnailer: thumbnailerImage
      catalog: catalogImage
      notifier: notifierImage
    }
    custom: custom
    developerPrincipalId: developerPrincipalId
    operatorPrincipalId: operatorPrincipalId == 'none' ? '' : operator
    gatewayAddresses: gatewayAddresses
    partnerWebhookUrl: partnerWebhookUrl
    catalogAudience: catalogAudience
    scalerRole: '090c5cfd-751d-490a-894a-3ce6f1109419' // Azure Service Bus Data Owner: known to suffice
    scalerScope: scalerScope
    originalsDays: 30
    softDeleteDays: 7
    purgeProtection: false // a workshop ends, and its names are wanted again
    alertEmail: ''
  }
}

@description('Conditional. Where the gallery is; empty without apps.')
output GATEWAY_URL string = application.outputs.gatewayUrl

@description('Conditional. The registry to push images to; empty without apps.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = application.outputs.loginServer

@description('The resource group that everything is in.')
output AZURE_RESOURCE_GROUP string = resourceGroup().name

@description('The blobs, for services that run on a laptop.')
output AZURE_STORAGE_BLOB_ENDPOINT string = application.outputs.blobEndpoint

@description('The vault, for services that run on a laptop.')
output AZURE_KEY_VAULT_ENDPOINT string = application.outputs.vaultEndpoint

@description('Name of the vault, for the operator.')
output AZURE_KEY_VAULT_NAME string = application.outputs.vaultName

@description('The Service Bus namespace, for services that run on a laptop.')
output SERVICEBUS_FULLY_QUALIFIED_NAMESPACE string = application.outputs.busFqdn

@description('What the gateway is told wherever it runs, for services that run on a laptop.')
output GATEWAY_SETTINGS setting[] = application.outputs.gatewaySettings

@description('What the thumbnailer is told wherever it runs.')
output THUMBNAILER_SETTINGS setting[] = application.outputs.thumbnailerSettings

@description('What the catalog is told wherever it runs.')
output CATALOG_SETTINGS setting[] = application.outputs.catalogSettings

@description('What the notifier is told wherever it runs.')
output NOTIFIER_SETTINGS setting[] = application.outputs.notifierSettings

@description('Whom a token for the catalog is for; none where it asks for no token.')
output CATALOG_AUDIENCE string = catalogAudience

@description('Conditional. Who calls the catalog, for infra/entra/register.py; empty without apps.')
output GATEWAY_PRINCIPAL_ID string = application.outputs.gatewayPrincipalId

@description('Who may run the services on a laptop; empty for nobody.')
output DEVELOPER_PRINCIPAL_ID string = developerPrincipalId

@description('Who may set the signing key; empty for nobody.')
output OPERATOR_PRINCIPAL_ID string = operatorPrincipalId == 'none' ? '' : operator
