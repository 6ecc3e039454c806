// Azurite's own judgement of a request, asked line by line: which operation, on which container and blob.
const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");
const { parse } = require("node:url");

const azurite = createRequire(process.argv[2]);
const qs = azurite("qs");
const parts = azurite("./middlewares/blobStorageContext.middleware").extractStoragePartsFromPath;
const dispatch = azurite("./generated/middleware/dispatch.middleware").default;
const operations = azurite("./generated/artifacts/operation").default;
const silent = { info() {}, verbose() {}, error() {}, warn() {} };

function judge({ method, target, headers }) {
  const url = parse(target);
  const query = qs.parse(url.query, { allowPrototypes: true });
  const [account, container, blob] = parts(headers.host, url.pathname, false);
  const context = { dispatchPattern: container ? (blob ? "/container/blob" : "/container") : "/" };
  const request = {
    getMethod: () => method,
    getHeader: (name) => headers[name.toLowerCase()],
    getQuery: (name) => (typeof query[name] === "string" ? query[name] : undefined),
    getPath: () => url.pathname,
  };
  dispatch(context, request, () => {}, silent);
  return { account, container, blob, operation: operations[context.operation] ?? "" };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(judge(JSON.parse(line))));
});
