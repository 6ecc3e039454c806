// The length of each file of a journal, in a file beside them: without it, a truncated file looks like a short one. Noted
// after each line is written, so that it is never more than the true length.
const fs = require("fs");

class Lengths {
  constructor(file) {
    this.file = file;
    this.width = 0; // a shorter note is padded to overwrite the one before it
    this.descriptor = null;
    this.known = null;
  }

  // By the number of each file; empty if there is no valid note.
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

  // If the disk is full the note is too small: no loss is reported that did not happen.
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
