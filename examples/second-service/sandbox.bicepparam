using './main.bicep'

// The sandbox's deployment. Its operator is made up, and its partner runs on the same machine.
param operatorPrincipalId = '0be4a704-0000-4000-8000-000000000002'
param partner = 'http://127.0.0.1:8001/notes'
