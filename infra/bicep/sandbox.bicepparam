using './main.bicep'

// The deployment that the sandbox runs. It is never deployed to Azure, so its people and its partner are made up.
param environmentName = 'sandbox'
param location = 'westeurope'
param developerPrincipalId = 'de7e10be-0000-4000-8000-000000000001'
param operatorPrincipalId = '0be4a704-0000-4000-8000-000000000002'
param catalogAudience = 'ca7a1060-0000-4000-8000-000000000003'
param gatewayAddresses = ['127.0.0.1/32']
param partnerWebhookUrl = 'https://partner.example.com/webhooks'
param apps = true
param gatewayImage = 'images.example.com/gateway:sandbox'
param thumbnailerImage = 'images.example.com/thumbnailer:sandbox'
param catalogImage = 'images.example.com/catalog:sandbox'
param notifierImage = 'images.example.com/notifier:sandbox'
