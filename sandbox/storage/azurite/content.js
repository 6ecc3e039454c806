// Finds the blobs whose content is missing. Pure.

// `blobs` and `extents` are documents of Azurite's; `sizeOf` returns the size of an extent on disk, in bytes.
function* withoutContent(blobs, extents, sizeOf) {
  const sizes = new Map();
  for (const { id, size } of extents) {
    const there = sizeOf(id);
    if (there < size) sizes.set(id, there);
  }
  if (sizes.size === 0) return;
  const isThere = ({ id, offset, count }) => !sizes.has(id) || offset + count <= sizes.get(id);
  for (const blob of blobs) if (!piecesOf(blob).every(isThere)) yield `${blob.containerName}/${blob.name}`;
}

function piecesOf({ persistency, committedBlocksInOrder = [], pageRangesInOrder = [] }) {
  return [persistency, ...[...committedBlocksInOrder, ...pageRangesInOrder].map((each) => each.persistency)].filter(Boolean);
}

module.exports = { withoutContent };
