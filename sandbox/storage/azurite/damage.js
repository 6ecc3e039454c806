// What of the data cannot be read. Where nothing can go on without it, it is refused with what to do; where the rest can,
// it is told on stderr, in a line that the supervisor looks for.
class Damage extends Error {
  constructor(sentence) {
    super(oneLine(sentence));
  }
}

function tell(sentence) {
  console.error(`lost: ${oneLine(sentence)}`);
}

// A message about text that is none quotes it.
function oneLine(sentence) {
  return sentence.replace(/[\s\p{Cc}]+/gu, " ");
}

module.exports = { Damage, tell };
