// Azurite loads its store in a SQL database at each start, though it is for AZURITE_DB alone, which the sandbox never
// sets. It takes a fifth of the start, and of the memory after it.
const Module = require("module");

class SqlBlobServer {
  constructor() {
    throw new Error("this Azurite keeps its data in files: unset AZURITE_DB");
  }
}

const path = require.resolve("azurite/dist/src/blob/SqlBlobServer");
require.cache[path] = Object.assign(new Module(path), {
  loaded: true,
  exports: { __esModule: true, default: SqlBlobServer },
});
