// How long each file of a journal has become, in a file beside them: one that something else has cut looks like one that
// has always been shorter. Noted after each line is written, so that it never says more than was.
const fs = require("fs");

class Lengths {
  constructor(file) {
    this.file = file;
    this.width = 0; // what is shorter than the note before it leaves nothing of that behind
    this.descriptor = null;
    this.known = null;
  }

  // By the number of each file; empty if there is no note, or none that makes sense.
  get noted() {
    this.known ??= new Map(readNote(this.file));
    return this.known;
  }

  note(number, length) {
    this.noted.set(number, length);
    this.write();
  }

  forget(numbers) {
    for (const number of numbers) this.noted.delete(number);
    this.write();
  }

  // A note that a full disk refuses is one that says too little: nobody is told of a loss that is none.
  write() {
    const note = `${JSON.stringify([...this.noted])}\n`.padStart(this.width);
    this.width = Math.max(this.width, note.length);
    try {
      this.descriptor ??= fs.openSync(this.file, "w", 0o600);
      fs.writeSync(this.descriptor, note, 0);
    } catch {}
  }
}

function readNote(file) {
  try {
    const note = JSON.parse(fs.readFileSync(file, "utf8"));
    return note.every((each) => each.length === 2 && each.every(Number.isInteger)) ? note : [];
  } catch {
    return [];
  }
}

module.exports = { Lengths };
