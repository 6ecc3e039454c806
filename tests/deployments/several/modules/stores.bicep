param location string
param token string
param tenants string[]
param containers object
param principals array

module perTenant 'tenant.bicep' = [
  for (tenant, i) in tenants: {
    name: 'tenant-${tenant}'
    params: {
      location: location
      name: '${tenant}${take(token, 6)}'
      containers: containers[tenant]
      principal: principals[i]
      isFirst: i == 0
    }
  }
]

output accounts array = [for (tenant, i) in tenants: perTenant[i].outputs.account]
output settings object = {
  TENANTS: join(tenants, ',')
  FIRST_ACCOUNT: perTenant[0].outputs.endpoint
  SECOND_VAULT: perTenant[1].outputs.vault
  FIRST_BUS: '${perTenant[0].outputs.bus}.servicebus.windows.net'
}
