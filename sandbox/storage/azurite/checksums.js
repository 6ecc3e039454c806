// Azure answers with a checksum of the body; Azurite does so for blocks, pages and appends, but not for a whole blob, a list
// of blocks, or a block with an MD5. All of them are computed here, those of a blob and a block while the body is written:
// Azurite would read it back from its file.
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHash } = require("node:crypto");
const { Readable } = require("node:stream");
const { default: Blobs } = require("azurite/dist/src/blob/handlers/BlobHandler");
const { default: BlockBlobs } = require("azurite/dist/src/blob/handlers/BlockBlobHandler");
const mappers = require("azurite/dist/src/blob/generated/artifacts/mappers");
const { computeAndValidateTransactionalChecksums } = require("azurite/dist/src/blob/utils/utils");
const { default: Extents } = require("azurite/dist/src/common/persistence/FSExtentStore");
const utils = require("azurite/dist/src/common/utils/utils");
const { Crc64 } = require("./crc64");
const { wrap } = require("./wrap");

const uploads = new AsyncLocalStorage(); // the sums of the current one
const byBody = new WeakMap();

class Sums {
  constructor({ md5, crc64 }) {
    this.md5 = md5 ? createHash("md5") : undefined;
    this.crc64 = crc64 ? new Crc64() : undefined;
  }

  update(chunk) {
    this.md5?.update(chunk);
    this.crc64?.update(chunk);
  }

  digest() {
    return { md5: this.md5 && new Uint8Array(this.md5.digest()), crc64: this.crc64 && new Uint8Array(this.crc64.digest()) };
  }
}

wrap(Extents.prototype, "streamPipe", function (proceed, body) {
  const sums = byBody.get(body);
  if (sums) body.on("data", (chunk) => sums.update(chunk));
  return proceed();
});

wrap(Extents.prototype, "readExtent", async function (proceed) {
  return uploads.getStore() ? Readable.from([]) : proceed();
});

utils.computeTransactionalChecksums = async function (stream, expected, force) {
  const uploaded = uploads.getStore();
  if (uploaded) return uploaded.digest();
  const sums = new Sums({ md5: expected.md5 !== undefined || force?.md5, crc64: expected.crc64 !== undefined || force?.crc64 });
  for await (const chunk of stream) sums.update(chunk);
  return sums.digest();
};

const known = mappers.BlockBlobStageBlockHeaders.type.modelProperties;
mappers.BlockBlobUploadHeaders.type.modelProperties.xMsContentCrc64 = known.xMsContentCrc64;

wrap(BlockBlobs.prototype, "upload", (proceed, body) => summed(proceed, body, { md5: true }));

wrap(BlockBlobs.prototype, "stageBlock", (proceed, _id, _length, body, _options, context) =>
  summed(proceed, body, { md5: context.request.getHeader("content-md5") }),
);

async function summed(proceed, body, { md5 }) {
  const sums = new Sums({ md5, crc64: true });
  byBody.set(body, sums);
  const answer = await uploads.run(sums, proceed);
  return { ...answer, xMsContentCrc64: sums.crc64.digest() };
}

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
