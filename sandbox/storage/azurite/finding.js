// Azurite searches only as many blobs for tags as a page may have results, and takes the hits among them for all; its
// marker names a blob without its container. So it is asked for everything, and the pages are cut here.
const { default: Blobs } = require("azurite/dist/src/blob/persistence/LokiBlobMetadataStore");
const { wrap } = require("./wrap");

const MOST = 5000; // results of a page

wrap(Blobs.prototype, "filterBlobs", async function (proceed, context, account, container, where, most = MOST, marker = "") {
  const [all] = await proceed(context, account, container, where, Number.MAX_SAFE_INTEGER, "");
  const found = all.map((blob) => [`${blob.containerName}/${blob.name}`, blob]).filter(([place]) => place > marker);
  found.sort(([one], [other]) => (one < other ? -1 : 1));
  const page = found.slice(0, Math.min(most, MOST));
  return [page.map(([, blob]) => blob), page.length < found.length ? page.at(-1)[0] : ""];
});
