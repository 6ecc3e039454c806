// How many documents a listing looks at, by Azurite's own function and by the one that is shown few blobs. Says both in JSON.
//
// Started with: the folder of the sandbox's Azurite, how many blobs there are, and what is asked for, in JSON.
const path = require("node:path");
const { createRequire } = require("node:module");

const [folder, number, asked] = process.argv.slice(2);
const sandbox = createRequire(path.join(folder, "listing.js"));
const { default: Blobs } = sandbox("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const azurites = Blobs.prototype.listBlobs;
sandbox("./listing.js");

const context = { contextId: "test", startTime: new Date() };

function blob(name) {
  const times = { creationTime: context.startTime, lastModified: context.startTime };
  const properties = { ...times, etag: '"1"', leaseState: "available", leaseStatus: "unlocked" };
  const where = { accountName: "one", containerName: "photos", name };
  return { ...where, isCommitted: true, deleted: false, snapshot: "", properties };
}

// Every document in its place, but it tells when it is looked at.
function watch(collection, seen) {
  const tell = { get: (document, key, self) => (seen.add(document), Reflect.get(document, key, self)) };
  collection.data = collection.data.map((document) => new Proxy(document, tell));
}

async function main() {
  const store = new Blobs("nowhere", true);
  await store.init();
  const collection = store.db.getCollection(store.BLOBS_COLLECTION);
  const { prefix, delimiter, most, marker } = JSON.parse(asked);
  const list = async (by) => {
    const [blobs, prefixes] = await by.call(
      store, context, "one", "photos", delimiter, undefined, prefix, most, marker, false, false, undefined);
    return blobs.length + prefixes.length;
  };
  await list(Blobs.prototype.listBlobs); // from now on it keeps the order
  for (let each = 0; each < Number(number); each++)
    for (const of of ["newest/", "photos/"]) collection.insert(blob(of + String((each * 7919) % 100_003).padStart(6, "0")));
  collection.ensureId(); // LokiJS makes its list of ids once, when it is first asked for one
  const seen = new Set();
  watch(collection, seen);
  const said = {};
  for (const [whose, by] of Object.entries({ ours: Blobs.prototype.listBlobs, azurites })) {
    seen.clear();
    said[whose] = { items: await list(by), looked_at: seen.size };
  }
  console.log(JSON.stringify(said));
}

main();
