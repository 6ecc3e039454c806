using './workshop.bicep'

// Set by azd.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param gatewayImage = readEnvironmentVariable('SERVICE_GATEWAY_IMAGE_NAME', '')
param thumbnailerImage = readEnvironmentVariable('SERVICE_THUMBNAILER_IMAGE_NAME', '')
param catalogImage = readEnvironmentVariable('SERVICE_CATALOG_IMAGE_NAME', '')
param notifierImage = readEnvironmentVariable('SERVICE_NOTIFIER_IMAGE_NAME', '')

// From the workshop's host: the outputs of roles.bicep.
param custom = {
  depositor: readEnvironmentVariable('CUSTOM_ROLE_DEPOSITOR')
  keeper: readEnvironmentVariable('CUSTOM_ROLE_KEEPER')
  keySetter: readEnvironmentVariable('CUSTOM_ROLE_KEY_SETTER')
}

// Only you can know these: no defaults, so that nothing is exposed or sent by accident.
param gatewayAddresses = split(readEnvironmentVariable('GATEWAY_ADDRESSES'), ',')
param partnerWebhookUrl = readEnvironmentVariable('PARTNER_WEBHOOK_URL')
param catalogAudience = readEnvironmentVariable('CATALOG_AUDIENCE', 'none') // attendees may seldom register applications

// A pipeline may pass on a variable that is not set.
var scope = readEnvironmentVariable('SCALER_SCOPE', '')

// azd keeps the output of this name, which is empty for no operator, and passes it to the next deployment.
var operator = readEnvironmentVariable('OPERATOR_PRINCIPAL_ID', 'deployer')

// Optional choices.
param apps = bool(readEnvironmentVariable('DEPLOY_APPS', 'true'))
param developerPrincipalId = readEnvironmentVariable('DEVELOPER_PRINCIPAL_ID', '')
param operatorPrincipalId = empty(operator) ? 'none' : operator
param scalerScope = empty(scope) ? 'subscriptions' : scope
