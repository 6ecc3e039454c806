// Two characters may stand in the name of a blob and not in XML, and Azurite fails at any listing with one of them. They pass
// here, and the gateway encodes what has them.
const Stringifier = require("xmlbuilder/lib/XMLStringifier");
const { wrap } = require("./wrap");

wrap(Stringifier.prototype, "assertLegalChar", function (proceed, text) {
  proceed(text.replace(/[\uFFFE\uFFFF]/g, ""));
  return text;
});
