// The changes of one database since it was last saved, in files beside it: <database>.journal.<number>. One line is what
// belongs together. A line is with the operating system before flush() returns, so it outlives the process; it is not
// forced to the disk, so it may not outlive the machine.
const fs = require("fs");
const path = require("path");

class Journal {
  constructor(database) {
    this.stem = `${database}.journal.`;
    this.pending = [];
    this.size = 0; // of all that no save holds yet
    this.written = 0; // of the newest file
    this.number = null;
    this.descriptor = null;
  }

  // At once in its written form: Azurite goes on to alter its documents.
  add(collection, id, document) {
    this.pending.push(JSON.stringify([collection, id, document]));
  }

  // What cannot be written stays pending, before all that follows.
  flush() {
    if (this.pending.length === 0) return;
    this.descriptor ??= this.open();
    const line = Buffer.from(`[${this.pending.join(",")}]\n`);
    try {
      for (let at = 0; at < line.length; ) at += fs.writeSync(this.descriptor, line, at);
    } catch (error) {
      fs.ftruncateSync(this.descriptor, this.written); // or half a line would stand in the middle
      throw error;
    }
    this.pending = [];
    this.written += line.length;
    this.size += line.length;
  }

  open() {
    this.number ??= Math.max(0, ...this.numbers()) + 1;
    this.written = 0;
    return fs.openSync(this.stem + this.number, "ax", 0o600);
  }

  // From now on a new file. What this gives is for drop(), once a save holds all before it.
  rotate() {
    this.flush();
    if (this.descriptor !== null) fs.closeSync(this.descriptor);
    this.descriptor = null;
    const newest = Math.max(0, ...this.numbers());
    this.number = newest + 1;
    return { newest, size: this.size };
  }

  drop({ newest, size }) {
    for (const number of this.numbers()) if (number <= newest) fs.unlinkSync(this.stem + number);
    this.size -= size;
  }

  // Every change, oldest first.
  *changes() {
    for (const number of this.numbers()) {
      const lines = fs.readFileSync(this.stem + number, "utf8").split("\n");
      lines.pop(); // nothing, or a line that was torn: nobody was told that it is there
      for (const line of lines) yield* JSON.parse(line);
    }
  }

  numbers() {
    const stem = path.basename(this.stem);
    const names = fs.readdirSync(path.dirname(this.stem)).filter((name) => name.startsWith(stem));
    return names.map((name) => Number(name.slice(stem.length))).sort((one, other) => one - other);
  }
}

module.exports = { Journal };
