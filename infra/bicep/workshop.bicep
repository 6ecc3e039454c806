// The same deployment for a deployer who has one resource group and nothing else. The custom roles come from
// roles.bicep, deployed beforehand by someone with the right to; deployer.bicep lists the rights that suffice here.
// Parameters and outputs repeat those of main.bicep: Bicep cannot share them between two entry points.
import { customRoles } from 'shared/roles.bicep'
import { setting } from 'modules/application.bicep'
import { environmentNamed } from 'shared/names.bicep'

@description('Required. Short name of the attendee, part of every resource name: letters, digits, and single hyphens between them.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Optional. Azure region of all resources.')
param location string = resourceGroup().location

@description('Required. The custom roles: the name (a GUID) of each definition.')
param custom customRoles

@description('Optional. Whether to deploy the apps. Without them, only the data services and the rights on them are deployed.')
param apps bool = true

@description('Optional. Object id of a developer, with the combined rights of the services. Empty for none.')
param developerPrincipalId string = ''

@description('Optional. Object id of the operator, with the right to set the signing key; \'deployer\' for the deploying user; \'none\' for no operator.')
@minLength(4)
@maxLength(36)
param operatorPrincipalId string = 'deployer'

@description('Required. IPv4 ranges (CIDR) that may reach the gateway, whose upload is anonymous; \'any\' for all.')
@minLength(1)
param gatewayAddresses addressRange[]

@description('Required. The partner\'s webhook, which the notifier calls for each photo; https.')
@minLength(10)
param partnerWebhookUrl string

@description('Required. Client ID of the catalog API\'s app registration, as infra/entra/register.py prints it; \'none\' to accept calls without a token (internal ingress only).')
@minLength(4)
@maxLength(36)
param catalogAudience string

@description('Optional. Image of the gateway, with registry and tag. Empty to run a placeholder.')
param gatewayImage string = ''

@description('Optional. Image of the thumbnailer, with registry and tag. Empty to run a placeholder.')
param thumbnailerImage string = ''

@description('Optional. Image of the catalog, with registry and tag. Empty to run a placeholder.')
param catalogImage string = ''

@description('Optional. Image of the notifier, with registry and tag. Empty to run a placeholder.')
param notifierImage string = ''

@description('Optional. Scope of the scaler\'s role for events: each subscription that it counts or, if Azure refuses that, the whole topic as well.')
param scalerScope 'subscriptions' | 'topic' = 'subscriptions'

@minLength(3)
@maxLength(18)
type addressRange = string

var environment = environmentNamed(environmentName)

// Derived from the group, so that two attendees with the same name have two tokens.
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

@description('Conditional. URL of the gallery; empty without apps.')
output GATEWAY_URL string = application.outputs.gatewayUrl

@description('Conditional. The registry to push images to; empty without apps.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = application.outputs.loginServer

@description('The resource group of everything.')
output AZURE_RESOURCE_GROUP string = resourceGroup().name

@description('Blob endpoint, for services that run on a laptop.')
output AZURE_STORAGE_BLOB_ENDPOINT string = application.outputs.blobEndpoint

@description('Vault endpoint, for services that run on a laptop.')
output AZURE_KEY_VAULT_ENDPOINT string = application.outputs.vaultEndpoint

@description('Name of the vault, for the operator.')
output AZURE_KEY_VAULT_NAME string = application.outputs.vaultName

@description('Host name of the Service Bus namespace, for services that run on a laptop.')
output SERVICEBUS_FULLY_QUALIFIED_NAMESPACE string = application.outputs.busFqdn

@description('Settings of the gateway wherever it runs, for services that run on a laptop.')
output GATEWAY_SETTINGS setting[] = application.outputs.gatewaySettings

@description('Settings of the thumbnailer wherever it runs.')
output THUMBNAILER_SETTINGS setting[] = application.outputs.thumbnailerSettings

@description('Settings of the catalog wherever it runs.')
output CATALOG_SETTINGS setting[] = application.outputs.catalogSettings

@description('Settings of the notifier wherever it runs.')
output NOTIFIER_SETTINGS setting[] = application.outputs.notifierSettings

@description('Client ID of the catalog API\'s app registration; \'none\' if the catalog requires no token.')
output CATALOG_AUDIENCE string = catalogAudience

@description('Conditional. Object id of the catalog\'s caller, for infra/entra/register.py; empty without apps.')
output GATEWAY_PRINCIPAL_ID string = application.outputs.gatewayPrincipalId

@description('Object id of the developer, with the rights to run the services on a laptop; empty for none.')
output DEVELOPER_PRINCIPAL_ID string = developerPrincipalId

@description('Object id of the operator, with the right to set the signing key; empty for none.')
output OPERATOR_PRINCIPAL_ID string = operatorPrincipalId == 'none' ? '' : operator
