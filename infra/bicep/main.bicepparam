using './main.bicep'

// What azd sets by itself.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param gatewayExists = bool(readEnvironmentVariable('SERVICE_GATEWAY_RESOURCE_EXISTS', 'false'))
param thumbnailerExists = bool(readEnvironmentVariable('SERVICE_THUMBNAILER_RESOURCE_EXISTS', 'false'))
param catalogExists = bool(readEnvironmentVariable('SERVICE_CATALOG_RESOURCE_EXISTS', 'false'))
param notifierExists = bool(readEnvironmentVariable('SERVICE_NOTIFIER_RESOURCE_EXISTS', 'false'))

// What only you can know: no default, so that nothing is opened or told to anybody by accident.
param gatewayAddresses = split(readEnvironmentVariable('GATEWAY_ADDRESSES'), ',')
param partnerWebhookUrl = readEnvironmentVariable('PARTNER_WEBHOOK_URL')

// What you may choose.
param apps = bool(readEnvironmentVariable('DEPLOY_APPS', 'true'))
param developerPrincipalId = readEnvironmentVariable('DEVELOPER_PRINCIPAL_ID', '')
param operatorPrincipalId = readEnvironmentVariable('OPERATOR_PRINCIPAL_ID', 'deployer')
param imageTag = readEnvironmentVariable('IMAGE_TAG', 'latest')
