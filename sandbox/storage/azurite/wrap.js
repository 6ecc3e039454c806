// Wraps a method: the wrapper gets a function that calls the original, maybe with other arguments, and then its arguments.
function wrap(prototype, name, around) {
  const original = prototype[name];
  prototype[name] = function (...given) {
    return around.call(this, (...changed) => original.apply(this, changed.length ? changed : given), ...given);
  };
}

module.exports = { wrap };
