// The changes of one database since it was last saved, in files beside it: <database>.journal.<number>. A line holds the
// changes that belong together. The operating system has it before flush() returns, so it survives the process; it is not
// forced to the disk, so it may not survive the machine.
const fs = require("fs");
const path = require("path");
const { Damage } = require("./damage");
const { Lengths } = require("./lengths");

class Journal {
  constructor(database) {
    this.stem = `${database}.journal.`;
    this.lengths = new Lengths(`${this.stem}lengths`);
    this.pending = [];
    this.size = 0; // of all changes that are not saved yet
    this.written = 0; // of the newest file
    this.number = null;
    this.descriptor = null;
  }

  // Serialised at once, because Azurite goes on to change its documents.
  add(collection, id, document) {
    this.pending.push(JSON.stringify([collection, id, document]));
  }

  // A line that cannot be written stays pending, before all later ones.
  flush() {
    if (this.pending.length === 0) return;
    this.descriptor ??= this.open();
    const line = Buffer.from(`[${this.pending.join(",")}]\n`);
    try {
      for (let at = 0; at < line.length; ) at += fs.writeSync(this.descriptor, line, at);
    } catch (error) {
      fs.ftruncateSync(this.descriptor, this.written); // or half a line would remain in the middle
      throw error;
    }
    this.pending = [];
    this.written += line.length;
    this.size += line.length;
    this.lengths.note(this.number, this.written);
  }

  open() {
    this.number ??= Math.max(0, ...this.numbers()) + 1;
    this.written = 0;
    return fs.openSync(this.stem + this.number, "ax", 0o600);
  }

  // Begins a new file. Pass the result to drop() once a save holds all changes before it.
  rotate() {
    this.flush();
    if (this.descriptor !== null) fs.closeSync(this.descriptor);
    this.descriptor = null;
    const newest = Math.max(0, ...this.numbers());
    this.number = newest + 1;
    return { newest, size: this.size };
  }

  drop({ newest, size }) {
    const dropped = this.numbers().filter((number) => number <= newest);
    this.lengths.forget([...this.lengths.noted.keys()].filter((number) => number <= newest));
    for (const number of dropped) fs.unlinkSync(this.stem + number);
    this.size -= size;
  }

  // Every change, oldest first. Throws Damage where one cannot be read.
  *changes() {
    for (const number of this.numbers()) {
      const lines = fs.readFileSync(this.stem + number, "utf8").split("\n");
      lines.pop(); // empty, or a torn line, which was never acknowledged or which losses() reports
      for (const [index, line] of lines.entries()) yield* parsed(line, `${this.stem}${number}`, index + 1);
    }
  }

  // Describes the changes in files that have become shorter, or are gone.
  *losses() {
    for (const [number, length] of this.lengths.noted) {
      const file = this.stem + number;
      const { size = 0 } = fs.statSync(file, { throwIfNoEntry: false }) ?? {};
      if (size < length)
        yield `${file} has ${size} of ${length} bytes: what was stored or changed by what is missing is gone`;
    }
  }

  numbers() {
    const stem = path.basename(this.stem);
    const names = fs.readdirSync(path.dirname(this.stem)).filter((name) => name.startsWith(stem));
    const numbers = names.map((name) => name.slice(stem.length)).filter((rest) => /^\d+$/.test(rest));
    return numbers.map(Number).sort((one, other) => one - other);
  }
}

function parsed(line, file, number) {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new Damage(
      `${file} cannot be read in line ${number}: ${error.message}; take that line out, and only what it says is lost`,
    );
  }
}

module.exports = { Journal };
