using 'main.bicep'

param location = 'westeurope'
param regions = ['westeurope', 'northeurope']
param tenants = [
  { name: 'north', containers: ['Orders', 'invoices'], archived: false }
  { name: 'old', containers: ['orders'], archived: true }
  { name: 'south', containers: ['orders'], archived: false }
]
