// Azurite writes an empty blob like any other: an open stream, a flush to the disk, and a change of the extent's length,
// which does not change. An empty blob needs no place in an extent.
const { default: BlockBlobs } = require("azurite/dist/src/blob/handlers/BlockBlobHandler");
const { ZERO_EXTENT_ID } = require("azurite/dist/src/blob/persistence/IBlobMetadataStore");
const { default: Extents } = require("azurite/dist/src/common/persistence/FSExtentStore");
const { wrap } = require("./wrap");

const NOTHING = Buffer.alloc(0);

wrap(BlockBlobs.prototype, "upload", function (proceed, body, length, ...others) {
  return proceed(length === 0 ? NOTHING : body, length, ...others);
});

wrap(Extents.prototype, "appendExtent", async function (proceed, data) {
  return data === NOTHING ? { id: ZERO_EXTENT_ID, offset: 0, count: 0 } : proceed();
});
