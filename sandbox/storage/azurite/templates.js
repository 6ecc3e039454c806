// For each request, Azurite compiles the path template of each operation to compare it with the pattern of the request's
// path, which is one of three: /, /container, /container/blob. Each comparison is made once.
const utils = require("azurite/dist/src/blob/generated/utils/utils");
const { wrap } = require("./wrap");

const known = new Map();

wrap(utils, "isURITemplateMatch", function (proceed, pattern, template) {
  const pair = `${pattern} ${template}`;
  if (!known.has(pair)) known.set(pair, proceed());
  return known.get(pair);
});
