// Azurite keeps its metadata in memory and saves all of it every five seconds, and no option changes that: a crash would
// lose every change acknowledged since. So each change goes to a journal before it is acknowledged.
const fs = require("fs");
const path = require("path");
const Loki = require("lokijs");
const { default: Blobs } = require("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const { default: Extents } = require("azurite/dist/src/common/persistence/LokiExtentMetadataStore");
const { onChange } = require("./changes");
const { withoutContent } = require("./content");
const { Damage, tell } = require("./damage");
const { Journal } = require("./journal");
const { replay } = require("./replay");
const { wrap } = require("./wrap");

const WORTH_A_SAVE = 8 << 20; // bytes

const journals = new WeakMap(); // by database, and by each of its collections
const loaded = new Map(); // the documents of each collection that was read from a file

onChange((collection, id, document) => journals.get(collection)?.add(collection.name, id, document));

wrap(Loki.prototype, "configureOptions", function (proceed, options) {
  if (options?.persistenceMethod === "fs") journals.set(this, new Journal(this.filename));
  return proceed();
});

wrap(Loki.prototype, "addCollection", function (proceed) {
  const collection = proceed();
  if (journals.has(this)) journals.set(collection, journals.get(this));
  return collection;
});

// The changes of one synchronous call are one line: an overwritten blob is removed and inserted, or neither. Azurite
// answers after the call, so every acknowledged change is written; if it cannot be written, Azurite answers 500.
for (const store of [Blobs, Extents])
  for (const name of Object.getOwnPropertyNames(store.prototype))
    if (store.prototype[name].constructor.name === "AsyncFunction")
      wrap(store.prototype, name, async function (proceed) {
        if (name === "init") refuseToBeginAnew(this.db);
        try {
          return await proceed();
        } finally {
          journals.get(this.db)?.flush();
        }
      });

// A save holds the state at its beginning; changes during the save go to the next file.
wrap(Loki.prototype, "saveDatabaseInternal", function (proceed, done) {
  const journal = journals.get(this);
  if (!journal) return proceed();
  let before;
  try {
    before = journal.rotate();
  } catch (error) {
    return done(error);
  }
  return proceed((error) => {
    if (!error) journal.drop(before);
    done(error);
  });
});

// Saving rewrites everything, so it waits until the journal is long enough; the journal loses nothing.
wrap(Loki.prototype, "autosaveDirty", function (proceed) {
  const journal = journals.get(this);
  return journal ? journal.size > WORTH_A_SAVE : proceed();
});

wrap(Loki.prototype, "loadJSON", function (proceed, text) {
  try {
    if (text.length === 0) throw new Error("it is empty");
    return proceed();
  } catch (error) {
    throw error instanceof Damage ? error : unreadable(this.filename, `cannot be read: ${error.message}`);
  }
});

wrap(Loki.prototype, "loadJSONObject", function (proceed, saved) {
  const journal = journals.get(this);
  if (journal && !Array.isArray(saved.collections)) throw new Error("it holds no collections");
  for (const loss of journal?.losses() ?? []) tell(loss);
  const changed = journal ? replay(saved, journal.changes()) : [];
  proceed();
  for (const name of changed) this.getCollection(name).ensureAllIndexes(true);
  for (const { name, data } of this.collections) loaded.set(name, data);
  tellOfContent(path.join(path.dirname(this.filename), "__blobstorage__"));
});

// Azurite creates a missing database, and would forget everything that the old one held.
function refuseToBeginAnew(database) {
  const wasThere = fs.existsSync(journals.get(database)?.lengths.file);
  if (wasThere && !fs.existsSync(database.filename)) throw unreadable(database.filename, "is missing");
}

function unreadable(file, why) {
  return new Damage(`${file} ${why}; to go on without its blobs, move ${path.dirname(file)} away`);
}

// Runs when both databases are read.
function tellOfContent(folder) {
  const [blobs, extents] = ["$BLOBS_COLLECTION$", "$EXTENTS_COLLECTION$"].map((name) => loaded.get(name));
  if (!blobs || !extents) return;
  const sizeOf = (id) => fs.statSync(path.join(folder, id), { throwIfNoEntry: false })?.size ?? 0;
  const names = [...withoutContent(blobs, extents, sizeOf)];
  if (names.length) tell(`the content of ${names.length} blobs, missing from ${folder}: ${names.slice(0, 10).join(", ")}`);
}
