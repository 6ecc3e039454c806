// Damaged data. If Azurite cannot run without it, the start fails and says what to do; if it can, the loss is reported on
// stderr, in a line that the supervisor looks for.
class Damage extends Error {
  constructor(sentence) {
    super(oneLine(sentence));
  }
}

function tell(sentence) {
  console.error(`lost: ${oneLine(sentence)}`);
}

// The message of a syntax error quotes the text.
function oneLine(sentence) {
  return sentence.replace(/[\s\p{Cc}]+/gu, " ");
}

module.exports = { Damage, tell };
