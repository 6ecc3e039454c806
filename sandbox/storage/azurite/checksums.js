// Azure answers with a checksum of the body; Azurite does so for blocks, pages and appends, but not for a whole blob, a list
// of blocks, or a block with an MD5. All of them are computed here, in the pass over the data that Azurite makes anyway.
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");
const { Readable } = require("node:stream");
const { default: Blobs } = require("azurite/dist/src/blob/handlers/BlobHandler");
const { default: BlockBlobs } = require("azurite/dist/src/blob/handlers/BlockBlobHandler");
const mappers = require("azurite/dist/src/blob/generated/artifacts/mappers");
const { computeAndValidateTransactionalChecksums } = require("azurite/dist/src/blob/utils/utils");
const utils = require("azurite/dist/src/common/utils/utils");
const { Crc64 } = require("./crc64");
const { wrap } = require("./wrap");

const uploads = new AsyncLocalStorage(); // the result of the current one

utils.computeTransactionalChecksums = async function (stream, expected, force) {
  const upload = uploads.getStore();
  const md5 = expected.md5 !== undefined || force?.md5 ? createHash("md5") : undefined;
  const crc64 = expected.crc64 !== undefined || force?.crc64 || upload ? new Crc64() : undefined;
  for await (const chunk of stream) {
    md5?.update(chunk);
    crc64?.update(chunk);
  }
  const sums = { md5: md5 && new Uint8Array(md5.digest()), crc64: crc64 && new Uint8Array(crc64.digest()) };
  if (upload) upload.crc64 = sums.crc64;
  return sums;
};

const known = mappers.BlockBlobStageBlockHeaders.type.modelProperties;
mappers.BlockBlobUploadHeaders.type.modelProperties.xMsContentCrc64 = known.xMsContentCrc64;

for (const write of ["upload", "stageBlock"])
  wrap(BlockBlobs.prototype, write, async function (proceed) {
    const upload = {};
    const answer = await uploads.run(upload, proceed);
    return { ...answer, xMsContentCrc64: upload.crc64 };
  });

wrap(BlockBlobs.prototype, "commitBlockList", async function (proceed, _blocks, _options, context) {
  await validate(context);
  const answer = await proceed();
  return { ...answer, xMsContentCrc64: new Crc64().update(Buffer.from(context.request.getBody())).digest() };
});

wrap(Blobs.prototype, "setTags", async function (proceed, _options, context) {
  await validate(context);
  return proceed();
});

// Azurite checks the checksums of a blob's content, but not those of a document.
async function validate(context) {
  const [md5, crc64] = [context.request.getHeader("content-md5"), context.request.getHeader("x-ms-content-crc64")];
  const body = Readable.from([Buffer.from(context.request.getBody() ?? "")]);
  await computeAndValidateTransactionalChecksums(body, { md5, crc64 }, context.contextId);
}
