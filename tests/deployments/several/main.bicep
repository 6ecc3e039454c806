// Several accounts, vaults and namespaces, made by loops and lambdas in modules of modules.
targetScope = 'subscription'

param location string
param regions string[]

@description('Each tenant of this shop, and the containers that it fills.')
param tenants { name: string, containers: string[], archived: bool }[]

var token = uniqueString(subscription().id, location)
var live = filter(tenants, tenant => !tenant.archived)
var containers = toObject(live, tenant => tenant.name, tenant => map(tenant.containers, each => toLower(each)))
var tags = reduce(regions, {}, (all, region) => union(all, { '${region}': 'yes' }))

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-shop'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: { location: location, names: map(live, tenant => tenant.name) }
}

module stores 'modules/stores.bicep' = {
  scope: group
  params: {
    location: location
    token: token
    tenants: map(live, tenant => tenant.name)
    containers: containers
    principals: identities.outputs.principals
  }
}

module apps 'modules/apps.bicep' = {
  scope: group
  params: {
    location: location
    identities: identities.outputs.ids
    clientId: identities.outputs.clientIds[0]
    settings: map(items(stores.outputs.settings), each => { name: each.key, value: each.value })
  }
}

output ENDPOINTS array = map(
  stores.outputs.accounts,
  account => 'https://${account}.blob.${environment().suffixes.storage}'
)
