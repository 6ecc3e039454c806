// For each page of a listing, Azurite goes through all blobs several times and sorts those of the container. So it is given
// only the blobs that its answer can depend on. The answer is still its own.
const { default: Blobs } = require("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const { onChange } = require("./changes");
const { Order, page } = require("./order");

const orders = new WeakMap(); // by collection, once it has been listed

onChange((collection, id, document, before) => {
  const order = orders.get(collection);
  if (order && !before) order.add(document, id);
  if (order && !document) order.remove(before, id);
});

function orderOf(collection) {
  if (!orders.has(collection)) orders.set(collection, new Order(collection.data));
  return orders.get(collection);
}

const list = Blobs.prototype.listBlobs;
Blobs.prototype.listBlobs = function (...asked) {
  const [, account, container, delimiter, blob, prefix = "", most, marker = "", snapshots, uncommitted, startFrom = ""] =
    asked;
  const texts = [account, container, prefix, marker, startFrom].every((each) => typeof each === "string");
  // Snapshots come in an order that only LokiJS knows; Azurite folds at one character, however many were given.
  const known = blob === undefined && !snapshots && (delimiter === undefined || delimiter.length === 1);
  if (!texts || !known || !Number.isInteger(most)) return list.apply(this, asked);

  const blobs = this.db.getCollection(this.BLOBS_COLLECTION);
  const isListed = ({ id }) => {
    const found = blobs.get(id);
    return found.snapshot.length === 0 && (uncommitted || found.isCommitted);
  };
  // Made for each query, because Azurite waits between queries.
  const chain = () => {
    const entries = orderOf(blobs).of(account, container);
    const shown = [...page(entries, isListed, { prefix, marker, startFrom, delimiter, most })];
    const result = blobs.chain();
    result.filteredrows = shown.map(({ id }) => blobs.get(id, true)[1]);
    result.filterInitialized = true;
    return result;
  };
  return list.apply(Object.create(this, { db: { value: { getCollection: () => ({ chain }) } } }), asked);
};
