// Azurite reads some conditions of a request and forgets them. They are evaluated here, by Azurite's own validators.
// https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
const {
  default: WriteConditions,
  validateWriteConditions,
} = require("azurite/dist/src/blob/conditions/WriteConditionalHeadersValidator");
const { default: errors } = require("azurite/dist/src/blob/errors/StorageErrorFactory");
const { Operation } = require("azurite/dist/src/blob/generated/artifacts/operation");
const { default: Blobs } = require("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const { wrap } = require("./wrap");

// Operations that create a blob, and answer `If-None-Match: *` with a conflict of their own.
const CREATES = new Set([
  Operation.AppendBlob_Create,
  Operation.BlockBlob_CommitBlockList,
  Operation.BlockBlob_Upload,
  Operation.Blob_CopyFromURL,
  Operation.Blob_StartCopyFromURL,
  Operation.PageBlob_Create,
]);

// Azurite ignores the condition on tags beside another one, and `If-None-Match: *` where a write creates no blob.
wrap(WriteConditions.prototype, "validate", function (proceed, context, conditions, blob) {
  proceed();
  if (!blob.exist) return;
  if (conditions.ifNoneMatch?.[0] === "*" && !CREATES.has(context.operation))
    throw errors.getConditionNotMet(context.contextId);
  if (conditions.ifTags) proceed(context, { ifTags: conditions.ifTags }, blob);
});

wrap(Blobs.prototype, "setTier", async function (proceed, context, account, container, name) {
  const ifTags = context.request.getHeader("x-ms-if-tags");
  const blob = await this.getBlobWithLeaseUpdated(account, container, name, undefined, context, false, true);
  if (blob) validateWriteConditions(context, { ifTags }, blob);
  return proceed();
});

// Requests about a blob's tags have names of their own for conditions on the blob.
function conditionsOnBlob(context, known) {
  const header = (name) => context.request.getHeader(`x-ms-blob-${name}`);
  const date = (name) => header(name) && new Date(header(name));
  return {
    ...known,
    ifMatch: header("if-match"),
    ifNoneMatch: header("if-none-match"),
    ifModifiedSince: date("if-modified-since"),
    ifUnmodifiedSince: date("if-unmodified-since"),
  };
}

wrap(Blobs.prototype, "getBlobTag", function (proceed, context, account, container, name, snapshot, lease, conditions) {
  return proceed(context, account, container, name, snapshot, lease, conditionsOnBlob(context, conditions));
});

wrap(Blobs.prototype, "setBlobTag", async function (proceed, ...given) {
  const [context, account, container, name, snapshot, , , conditions] = given;
  const blob = await this.getBlobWithLeaseUpdated(account, container, name, snapshot, context, false, true);
  if (blob) validateWriteConditions(context, conditionsOnBlob(context, conditions), blob);
  return proceed();
});

wrap(Blobs.prototype, "sealBlob", async function (proceed, context, account, container, name) {
  const blob = await this.getBlobWithLeaseUpdated(account, container, name, undefined, context, false, true);
  const position = context.request.getHeader("x-ms-blob-condition-appendpos");
  if (blob && position !== undefined && blob.properties.contentLength !== Number(position))
    throw errors.getAppendPositionConditionNotMet(context.contextId);
  return proceed();
});

// Azurite checks the lease id of a write only if it overwrites a blob. It must pass only with an active lease:
// https://learn.microsoft.com/python/api/azure-storage-blob/azure.storage.blob.blobclient#azure-storage-blob-blobclient-upload-blob
// A blob with nothing but staged blocks does not exist yet for `If-None-Match: *`.
async function conditionsOfNew(store, context, account, container, name, lease, conditions) {
  const wantsNone = conditions?.ifNoneMatch === "*";
  if (!lease?.leaseId && !wantsNone) return conditions; // as in most writes
  const blob = await store.getBlobWithLeaseUpdated(account, container, name, "", context, false);
  if (!blob && lease?.leaseId) throw errors.getBlobLeaseLost(context.contextId);
  // Azure looks at the lease first: Azure/Azurite issue 2637.
  if (blob?.properties.leaseStatus === "locked" && !lease?.leaseId) throw errors.getBlobLeaseIdMissing(context.contextId);
  return wantsNone && blob && !blob.isCommitted ? { ...conditions, ifNoneMatch: undefined } : conditions;
}

wrap(Blobs.prototype, "createBlob", async function (proceed, context, blob, lease, conditions) {
  const { accountName, containerName, name } = blob;
  const evaluated = await conditionsOfNew(this, context, accountName, containerName, name, lease, conditions);
  return proceed(context, blob, lease, evaluated);
});

wrap(Blobs.prototype, "stageBlock", async function (proceed, context, block, lease) {
  await conditionsOfNew(this, context, block.accountName, block.containerName, block.blobName, lease);
  return proceed();
});

wrap(Blobs.prototype, "commitBlockList", async function (proceed, context, blob, _blocks, lease, conditions) {
  await conditionsOfNew(this, context, blob.accountName, blob.containerName, blob.name, lease, conditions);
  return proceed();
});

// A copy of a sealed blob is sealed, unless the request says otherwise:
// Azure/azure-sdk-for-python, azure-storage-blob, tests/test_append_blob.py, test_copy_sealed_blob_will_get_a_sealed_blob
wrap(Blobs.prototype, "startCopyFromURL", async function (proceed, context, source, _target, ...others) {
  const options = others.at(-1);
  const { account, container, blob, snapshot } = source;
  const found = await this.getBlobWithLeaseUpdated(account, container, blob, snapshot, context, false);
  options.sealBlob ??= found?.properties.isSealed;
  return proceed();
});

for (const copy of ["copyFromURL", "startCopyFromURL"])
  wrap(Blobs.prototype, copy, async function (proceed, context, _source, target, ...others) {
    const { account, container, blob } = target;
    const options = others.at(-1);
    const { leaseAccessConditions: lease, modifiedAccessConditions: conditions } = options;
    options.modifiedAccessConditions = await conditionsOfNew(this, context, account, container, blob, lease, conditions);
    return proceed();
  });
