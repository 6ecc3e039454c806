// Azurite writes down what it knows every five seconds, and no option changes that: a put that was acknowledged and
// is younger would be lost with the process. Writing five times a second costs nothing that can be measured.
const Loki = require("lokijs");

const configure = Loki.prototype.configureOptions;
Loki.prototype.configureOptions = function (options, ...rest) {
  return configure.call(this, options?.autosave ? { ...options, autosaveInterval: 200 } : options, ...rest);
};
