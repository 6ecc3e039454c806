// The blobs of each container in the order in which Azurite lists them: by name, as JavaScript compares strings. (LokiJS's
// own index of the names is of no use: it puts "9" before "10".) Holds names and LokiJS's ids, but no document.
class Order {
  constructor(documents) {
    this.containers = new Map();
    for (const each of documents) this.of(each.accountName, each.containerName).push({ name: each.name, id: each.$loki });
    for (const entries of this.containers.values()) entries.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  of(account, container) {
    const key = `${account}/${container}`; // neither contains a slash
    if (!this.containers.has(key)) this.containers.set(key, []);
    return this.containers.get(key);
  }

  add({ accountName, containerName, name }, id) {
    const entries = this.of(accountName, containerName);
    entries.splice(at(entries, { name, id }), 0, { name, id });
  }

  remove({ accountName, containerName, name }, id) {
    const entries = this.of(accountName, containerName);
    const position = at(entries, { name, id });
    if (entries[position]?.id === id) entries.splice(position, 1);
  }
}

// A blob and its snapshots have one name.
function isBefore(one, other) {
  return one.name < other.name || (one.name === other.name && one.id < other.id);
}

function at(entries, entry) {
  return first(entries, (each) => !isBefore(each, entry));
}

// The first place where `holds` is true; it stays true up to the end.
function first(entries, holds, from = 0) {
  let to = entries.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(entries[middle])) to = middle;
    else from = middle + 1;
  }
  return from;
}

// The entries that a page of `most` items can depend on, and one item more, which shows that another page follows. Of the
// names that a delimiter folds into one item these are the first, which makes the item, and the last, which the next page
// begins after.
function* page(entries, isListed, { prefix, marker, startFrom, delimiter, most }) {
  let from = first(entries, ({ name }) => name > marker && name >= startFrom && name >= prefix);
  for (let items = 0; items <= most && entries[from]?.name.startsWith(prefix); ) {
    const to = endOfItem(entries, from, delimiter, prefix.length);
    const listed = between(entries, from, to, isListed);
    yield* listed;
    if (listed.length) items++;
    from = to;
  }
}

function endOfItem(entries, from, delimiter, begin) {
  const { name } = entries[from];
  const end = delimiter === undefined ? -1 : name.indexOf(delimiter, begin);
  if (end < 0) return from + 1;
  const folded = name.slice(0, end + 1);
  return first(entries, (each) => !each.name.startsWith(folded), from);
}

function between(entries, from, to, isListed) {
  while (from < to && !isListed(entries[from])) from++;
  while (from < to && !isListed(entries[to - 1])) to--;
  return to - from > 1 ? [entries[from], entries[to - 1]] : entries.slice(from, to);
}

module.exports = { Order, page };
