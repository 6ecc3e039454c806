// Applies a journal to a database as it was last saved. Pure.

// Each change is [collection, id, document], and the document is null if it was removed. A change gives the whole
// document under LokiJS's own id: one that the saved database already holds may come again without effect.
function replay(saved, changes) {
  const touched = new Map();
  for (const [name, id, document] of changes) {
    const collection = collectionOf(saved, name);
    const documents = touched.get(collection) ?? byId(collection.data);
    touched.set(collection, documents);
    if (document === null) documents.delete(id);
    else documents.set(id, document);
    collection.maxId = Math.max(collection.maxId, id);
  }
  // LokiJS finds a document by a binary search over ids.
  for (const [collection, documents] of touched)
    collection.data = [...documents.values()].sort((one, other) => one.$loki - other.$loki);
  return [...touched.keys()].map((collection) => collection.name);
}

function collectionOf(saved, name) {
  const found = saved.collections.find((each) => each.name === name);
  if (!found) throw new Error(`the journal speaks of ${name}, which ${saved.filename} does not hold`);
  return found;
}

function byId(documents) {
  return new Map(documents.map((each) => [each.$loki, each]));
}

module.exports = { replay };
