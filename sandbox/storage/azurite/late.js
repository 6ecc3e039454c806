// Azurite loads these packages at each start, which is a quarter of it, though it uses them for few requests or none: a
// copy from another address, a form, a token of Entra. Each is loaded at its first use.
const Module = require("module");

function loadAtFirstUse(name) {
  const path = require.resolve(name);
  const late = Object.assign(new Module(path), { loaded: true });
  const load = () => {
    if (require.cache[path] === late) delete require.cache[path];
    return require(path);
  };
  late.exports = new Proxy(function () {}, {
    get: (_, property) => property === "__esModule" || load()[property],
    construct: (_, given) => Reflect.construct(load(), given),
  });
  require.cache[path] = late;
}

for (const name of ["axios", "form-data", "jsonwebtoken"]) loadAtFirstUse(name);
