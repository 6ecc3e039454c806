// Two characters are legal in the name of a blob but not in XML, and Azurite fails at any listing with one of them. They
// pass here, and the sandbox encodes the names that have them (response_xml.py).
const Stringifier = require("xmlbuilder/lib/XMLStringifier");
const { wrap } = require("./wrap");

wrap(Stringifier.prototype, "assertLegalChar", function (proceed, text) {
  proceed(text.replace(/[\uFFFE\uFFFF]/g, ""));
  return text;
});
