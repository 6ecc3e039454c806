// Puts something around a method: it gets what calls the original, which may be given other arguments, and then its own.
function wrap(prototype, name, around) {
  const original = prototype[name];
  prototype[name] = function (...given) {
    return around.call(this, (...changed) => original.apply(this, changed.length ? changed : given), ...given);
  };
}

module.exports = { wrap };
