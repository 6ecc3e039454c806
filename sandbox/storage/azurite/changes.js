// Reports every change that Azurite makes to a collection.
//
// LokiJS emits events for changes, but not for all: removing many at once skips them without another listener. Every
// change that Azurite makes goes through the four methods below.
const Loki = require("lokijs");
const { wrap } = require("./wrap");

const listeners = [];

// `listen` gets the collection, LokiJS's id of a document, the document as it now is (null if it was removed), and as it
// was (null if it is new). Azurite alters its documents in place, so after an update both are the same.
function onChange(listen) {
  listeners.push(listen);
}

function tell(...change) {
  for (const listen of listeners) listen(...change);
}

wrap(Loki.Collection.prototype, "insertOne", function (proceed) {
  const document = proceed();
  if (document) tell(this, document.$loki, document, null);
  return document;
});

wrap(Loki.Collection.prototype, "update", function (proceed) {
  const document = proceed();
  if (document) tell(this, document.$loki, document, document); // a list arrives one by one
  return document;
});

wrap(Loki.Collection.prototype, "remove", function (proceed, given) {
  const id = typeof given === "number" ? given : given?.$loki;
  const document = proceed();
  if (document) tell(this, id, null, document); // a list arrives in the next method
  return document;
});

wrap(Loki.Collection.prototype, "removeBatchByPositions", function (proceed, positions) {
  this.ensureId();
  const removed = positions.map((position) => [this.idIndex[position], this.data[position]]);
  const failed = proceed() === null;
  if (!failed) for (const [id, document] of removed) tell(this, id, null, document);
  return failed ? null : undefined;
});

module.exports = { onChange };
