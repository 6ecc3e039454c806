// The same in JavaScript, to compare: a credential for each of ten tokens.
//
// NODE_PATH=sandbox/storage/azurite/node_modules ./keyless as gateway -- node .keyless/labs/09/work/tokens.cjs

const { ManagedIdentityCredential } = require("@azure/identity");

async function main() {
  for (let number = 0; number < 10; number++) {
    const credential = new ManagedIdentityCredential({ clientId: process.env.AZURE_CLIENT_ID });
    await credential.getToken("https://storage.azure.com/.default");
  }
}

main();
