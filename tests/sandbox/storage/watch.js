// Preloaded into Azurite, it writes down what Azurite's own handlers are about to carry out, and on what.
const { appendFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const azurite = createRequire(process.env.WATCH_MAIN);
const handlers = azurite("./generated/middleware/HandlerMiddlewareFactory").default;
const Context = azurite("./context/BlobStorageContext").default;
const operations = azurite("./generated/artifacts/operation").default;
const parts = azurite("./middlewares/blobStorageContext.middleware").extractStoragePartsFromPath;

function sourceOf(address) {
  if (!address) return undefined;
  const url = new URL(address);
  const [account, container, blob] = parts(url.hostname, url.pathname, false);
  return { account, container, blob, snapshot: url.searchParams.get("snapshot") ?? "" };
}

function seen(context) {
  const { account, container, blob } = new Context(context);
  const { options = {}, copySource } = context.handlerParameters;
  const { modifiedAccessConditions } = options;
  return {
    id: options.requestId ?? context.request.getHeader("x-ms-client-request-id") ?? "",
    operation: operations[context.operation],
    account: account ?? "",
    container: container ?? "",
    blob: blob ?? "",
    snapshot: options.snapshot ?? "",
    source: sourceOf(copySource),
    length: context.handlerParameters.contentLength ?? 0,
    only_new: (modifiedAccessConditions?.ifNoneMatch ?? "") === "*",
    writes_tags: options.blobTagsString !== undefined || options.copySourceTags === "COPY",
    reads_tags: modifiedAccessConditions?.ifTags !== undefined || (options.include ?? []).includes("tags"),
  };
}

const create = handlers.prototype.createHandlerMiddleware;
handlers.prototype.createHandlerMiddleware = function () {
  const handle = create.call(this);
  return (context, next) => {
    appendFileSync(process.env.WATCH_FILE, JSON.stringify(seen(context)) + "\n");
    return handle(context, next);
  };
};
