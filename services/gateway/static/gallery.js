// The gallery: takes files, sends them, and keeps the wall up to date.

import { Problem, getPage, getPhoto, newKey, postPhoto } from "./api.js";
import { growingPauses, isFinal, next, objection, sentence, tally } from "./photo.js";
import { makeTile, preview, render } from "./tile.js";

const AT_ONCE = 3;
const REFRESH = 15_000;
const STORED = "keyless.received";

const find = (id) => document.getElementById(id);
const [wall, input, status, trouble, olderButton] =
  ["photos", "files", "status", "trouble", "older"].map(find);

const shown = new Map(); // by id, all that the gateway knows of
const queue = []; // chosen, not yet being sent
let sending = 0;
let pauses = 0; // how many Retry-Afters are running
let older; // the cursor; undefined before the first page, null after the last

// ---- one photo ---------------------------------------------------------------------------

function add(photo, before) {
  const entry = { photo, key: newKey() };
  entry.tile = makeTile({
    retry: () => retry(entry),
    dismiss: () => dismiss(entry),
    copy: () => copyId(entry),
  });
  if (photo.id) shown.set(photo.id, entry);
  render(entry.tile, photo);
  wall.insertBefore(entry.tile, before);
  return entry;
}

function happens(entry, event) {
  const before = entry.photo.state;
  entry.photo = next(entry.photo, event);
  render(entry.tile, entry.photo);
  if (entry.photo.state === before) return;
  announce(entry.photo.state);
  remember();
}

function retry(entry) {
  entry.tile.focus(); // the button is about to go
  if (queue.includes(entry)) queue.splice(queue.indexOf(entry), 1);
  queue.unshift(entry);
  happens(entry, { type: "queue" });
  sendNext();
}

function dismiss(entry) {
  const neighbour = entry.tile.nextElementSibling ?? entry.tile.previousElementSibling;
  (neighbour ?? input).focus();
  remove(entry);
}

async function copyId(entry) {
  await navigator.clipboard.writeText(entry.photo.id);
  status.textContent = "The photo’s id is copied.";
}

function remove(entry) {
  shown.delete(entry.photo.id);
  entry.tile.remove();
}

// ---- sending -----------------------------------------------------------------------------

function take(files) {
  const first = wall.firstElementChild;
  for (const file of files) {
    const note = objection(file);
    const entry = add({ name: file.name, note, state: note ? "refused" : "queued", tries: 0 }, first);
    announce(note ? "refused" : "on the way");
    if (note) continue;
    entry.file = file;
    preview(entry.tile, file);
    queue.push(entry);
  }
  if (!pauses) sendNext();
}

function sendNext() {
  while (sending < AT_ONCE && queue.length) send(queue.shift());
}

async function send(entry) {
  sending += 1;
  happens(entry, { type: "start" });
  try {
    const photo = await postPhoto(entry.file, entry.key, (sent) =>
      happens(entry, { type: "progress", sent }));
    stored(entry, photo);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    happens(entry, { type: "problem", problem });
    if (entry.photo.state === "waiting") goOnIn(entry, problem.retryAfter);
  } finally {
    sending -= 1;
    if (!pauses) sendNext();
  }
}

function stored(entry, photo) {
  // A refresh of the wall may have been quicker than the answer to the upload.
  if (shown.has(photo.id)) remove(shown.get(photo.id));
  shown.set(photo.id, entry);
  happens(entry, { type: "seen", photo });
  watch(entry);
}

async function goOnIn(entry, seconds) {
  queue.push(entry);
  pauses += 1;
  await sleep(seconds * 1000);
  pauses -= 1;
  if (!pauses) sendNext();
}

// ---- watching ----------------------------------------------------------------------------

async function watch(entry) {
  for (const pause of growingPauses()) {
    await sleep(pause);
    await tabVisible();
    if (isFinal(entry.photo)) return;
    await ask(entry);
  }
}

async function ask(entry) {
  try {
    happens(entry, { type: "seen", photo: await getPhoto(entry.photo.id) });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 404) happens(entry, { type: "problem", problem });
    if (problem.retryAfter) await sleep(problem.retryAfter * 1000);
  }
}

function remember() {
  const received = [...shown.values()].map((entry) => entry.photo)
    .filter((photo) => photo.state === "received");
  sessionStorage.setItem(STORED, JSON.stringify(received));
}

function recall() {
  const received = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
  const missing = received.filter((photo) => !shown.has(photo.id));
  const first = wall.firstElementChild;
  for (const photo of missing) watch(add(photo, first));
}

// ---- the wall ----------------------------------------------------------------------------

function show(photo) {
  const known = shown.get(photo.id);
  if (known) happens(known, { type: "seen", photo });
  else add({ ...photo, note: sentence(photo.reason) }, firstOlderThan(photo));
  return !known;
}

function firstOlderThan(photo) {
  const isOlder = (tile) => Date.parse(tile.querySelector("time").dateTime) < Date.parse(photo.created);
  return [...wall.children].find(isOlder) ?? null;
}

async function refresh() {
  const { photos, next: cursor } = await getPage();
  const firstTime = older === undefined;
  const fresh = photos.filter(show);
  // Nothing in common with what is shown: there is a gap, and "Show older" fills it.
  if (firstTime || fresh.length === photos.length) older = cursor;
  if (!firstTime) fresh.forEach(() => announce("new"));
  tell("");
}

async function showOlder() {
  const last = wall.lastElementChild;
  try {
    const { photos, next: cursor } = await getPage(older);
    photos.filter(show).forEach(() => announce("older"));
    older = cursor;
    tell("");
    const first = last ? last.nextElementSibling : wall.firstElementChild;
    (first ?? (olderButton.hidden ? input : olderButton)).focus({ preventScroll: true });
  } catch (problem) {
    cannotList(problem);
  }
}

const cannotList = (problem) => tell(`The photos cannot be listed now. ${problem.message}`);

function tell(words) {
  trouble.textContent = words;
  olderButton.textContent = words ? "Try again" : "Show older";
  olderButton.hidden = !older && !words;
  find("empty").hidden = older === undefined;
}

async function keepFresh() {
  await refresh().catch(cannotList);
  recall();
  for (;;) {
    await sleep(REFRESH);
    await tabVisible();
    await refresh().catch(() => {}); // the next one may do better
  }
}

// ---- the page ----------------------------------------------------------------------------

const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

async function tabVisible() {
  while (document.hidden) {
    await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
  }
}

const changes = [];

async function announce(state) {
  if (state === "queued" || state === "sending") return;
  changes.push(state);
  if (changes.length > 1) return;
  await sleep(700);
  status.textContent = tally(changes.splice(0));
}

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const dropping = (on) => document.body.classList.toggle("dropping", on);

input.addEventListener("change", () => {
  take(input.files);
  input.value = ""; // the same file may be chosen again
});
document.addEventListener("paste", (event) => take(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  dropping(true);
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) dropping(false); // it has left the window
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  dropping(false);
  take(event.dataTransfer.files);
});
addEventListener("beforeunload", (event) => sending && event.preventDefault());
olderButton.addEventListener("click", showOlder);

keepFresh();
