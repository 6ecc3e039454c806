// Lists what a store holds twice, by Azurite's own function and by the one that is shown few blobs, while the store changes
// at random. Says in JSON how often it did so and with what; ends in an error at the first difference.
//
// Started with: the folder of the sandbox's Azurite, a folder to store in, a seed.
const assert = require("node:assert/strict");
const path = require("node:path");
const { createRequire } = require("node:module");

const [folder, data, seed] = process.argv.slice(2);
const sandbox = createRequire(path.join(folder, "listing.js"));
const { default: Blobs } = sandbox("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const azurites = Blobs.prototype.listBlobs;
sandbox("./durable.js");
sandbox("./listing.js");
const ours = Blobs.prototype.listBlobs;

const ACCOUNTS = ["one", "two"];
const CONTAINERS = ["10", "9", "empty", "photos"];
const PARTS = ["a", "b", "B", "a/", "/", "//", "9", "10", "09", "-", ".", "é", "e\u0301", "日本", "😀", "\uffff", "$&", " "];
const DELIMITERS = [undefined, undefined, "/", "/", "-", "a", "é", "//", "😀"];

// mulberry32: a test that can be repeated.
let state = Number(seed);
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}
const one = (choices) => choices[random(choices.length)];
const name = (least = 1) => Array.from({ length: least + random(4) }, () => one(PARTS)).join("");

let moment = Date.now();
const context = () => ({ contextId: "test", startTime: new Date((moment += 1000)) });

function blob(accountName, containerName, name, isCommitted = true) {
  const properties = { creationTime: context().startTime, lastModified: context().startTime, etag: `"${moment}"` };
  Object.assign(properties, { contentLength: 0, blobType: "BlockBlob", leaseState: "available", leaseStatus: "unlocked" });
  return { accountName, containerName, name, isCommitted, deleted: false, snapshot: "", properties, metadata: { moment } };
}

const block = (accountName, containerName, blobName) => {
  const known = { accountName, containerName, blobName, isCommitted: false, name: "MQ==", size: 1 };
  return { ...known, persistency: { id: "x", offset: 0, count: 1 } };
};

const CHANGES = {
  put: (store, ...where) => store.createBlob(context(), blob(...where)),
  block: (store, ...where) => store.stageBlock(context(), block(...where)),
  commit: (store, ...where) => store.commitBlockList(context(), blob(...where), []),
  metadata: (store, ...where) => store.setBlobMetadata(context(), ...where, undefined, { moment: String(moment) }),
  snapshot: (store, ...where) => store.createSnapshot(context(), ...where),
  copy: (store, account, container, name) => {
    const [to, from] = [{ account, container, blob: name + one(PARTS) }, { account, container, blob: name }];
    return store.copyFromURL(context(), { ...from, snapshot: "" }, to, "http://x", undefined, undefined);
  },
  remove: (store, ...where) => store.deleteBlob(context(), ...where, { deleteSnapshots: one([undefined, "include", "only"]) }),
  container: async (store, account, container) => {
    await store.deleteContainer(context(), account, container);
    await make(store, account, container);
  },
};
const OFTEN = ["put", "block", "commit", "metadata", "snapshot", "copy", "remove"];
const ALL = [...Array(20).fill(OFTEN).flat(), ...Array(60).fill("put"), "container"];

function make(store, accountName, name) {
  const lease = { leaseState: "available", leaseStatus: "unlocked" };
  const properties = { ...lease, etag: '"1"', lastModified: context().startTime };
  return store.createContainer(context(), { accountName, name, properties });
}

const said = { changes: {}, refused: 0, listings: 0, pages: 0, items: 0, folded: 0, restarts: 0 };

async function change(store, stored) {
  const [kind, account, container] = [one(ALL), one(ACCOUNTS), one(CONTAINERS.filter((each) => each !== "empty"))];
  const known = stored[random(stored.length + 1)];
  const where = known && random(2) ? known : [account, container, name()];
  try {
    await CHANGES[kind](store, ...where);
    said.changes[kind] = (said.changes[kind] ?? 0) + 1;
    stored.push(where);
  } catch (error) {
    if (error.storageErrorCode === undefined) throw error; // Azurite's own refusals are answers
    said.refused++;
  }
}

async function compare(store, stored) {
  const account = one([...ACCOUNTS, ...ACCOUNTS, "nobody"]);
  const container = one([...CONTAINERS, "none"]);
  const prefix = one([undefined, "", name(), name(), one(stored)?.[2].slice(0, 2)]);
  const startFrom = one([undefined, undefined, undefined, "", name(), one(stored)?.[2]]);
  const [delimiter, most] = [one(DELIMITERS), one([0, 1, 1, 2, 3, 5, 24, 5000])];
  const [snapshots, uncommitted] = [!random(5), !random(3)];
  let marker = one([undefined, "", name(), one(stored)?.[2]]);
  const read = async (list) => {
    const asked = [account, container, delimiter, undefined, prefix, most, marker, snapshots, uncommitted, startFrom];
    return structuredClone(await list.call(store, { startTime: new Date(moment), contextId: "test" }, ...asked));
  };
  said.listings++;
  do {
    const [expected, found] = [await read(azurites), await read(ours)];
    const asked = { account, container, prefix, startFrom, delimiter, most, marker, snapshots, uncommitted };
    assert.deepEqual(found, expected, JSON.stringify(asked));
    said.pages++;
    said.items += expected[0].length;
    said.folded += expected[1].length;
    marker = expected[2];
  } while (marker);
}

async function open() {
  const store = new Blobs(path.join(data, "db.json"), false);
  await store.init();
  return store;
}

async function main() {
  let store = await open();
  for (const account of ACCOUNTS) for (const container of CONTAINERS) await make(store, account, container);
  const stored = [];
  for (let round = 0; round < 400; round++) {
    for (let times = random(6); times > 0; times--) await change(store, stored);
    for (let times = 0; times < 4; times++) await compare(store, stored);
    if (round % 80 === 79) {
      // As after a kill: the next one has only what was saved and the journal.
      if (random(2)) await store.close();
      else clearInterval(store.db.autosaveHandle);
      store = await open();
      said.restarts++;
    }
  }
  await store.close();
  console.log(JSON.stringify(said));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
