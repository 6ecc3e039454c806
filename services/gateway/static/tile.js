// One photo on the wall. render() may be called as often as one likes.

import { describe, shortTime, stateInWords } from "./photo.js";

const WITH_WORDS = ["rejected", "refused", "failed", "waiting"];

/** A tile; each button in it calls the function that its data-do names. */
export function makeTile(does) {
  const tile = document.querySelector("#tile").content.firstElementChild.cloneNode(true);
  for (const button of tile.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => does[button.dataset.do]());
  }
  return tile;
}

export function render(tile, photo) {
  const part = (selector) => tile.querySelector(selector);
  tile.dataset.state = photo.state;
  part(".state").textContent = stateInWords(photo);
  part(".name").textContent = photo.name ?? "";
  part(".note").textContent = photo.note ?? "";
  part("[data-do=retry]").hidden = !["failed", "waiting"].includes(photo.state);
  part("[data-do=dismiss]").hidden = !["failed", "refused"].includes(photo.state);
  renderProgress(part("progress"), photo);
  renderTime(part("time"), photo.created);
  part(".id code").textContent = photo.id ?? "";
  // Without a secure connection a browser has no clipboard; the id can still be selected.
  part("[data-do=copy]").hidden = !(photo.id && navigator.clipboard);
  renderImage(part("img"), photo);
}

function renderProgress(progress, photo) {
  progress.hidden = photo.state !== "sending";
  progress.value = photo.sent ?? 0;
  progress.setAttribute("aria-label", `Sending ${photo.name}`);
}

function renderTime(time, created) {
  if (!created) return;
  const date = new Date(created);
  time.dateTime = created;
  time.title = date.toLocaleString();
  time.textContent = shortTime(date);
}

function renderImage(image, photo) {
  const processed = photo.state === "processed";
  image.alt = describe(photo);
  image.hidden = WITH_WORDS.includes(photo.state) || !(processed || image.naturalWidth);
  if (processed && image.dataset.shows !== photo.id) showThumbnail(image, photo);
}

async function showThumbnail(image, photo) {
  image.dataset.shows = photo.id;
  const preview = image.src;
  // The preview stays until the thumbnail can be painted in its place.
  if (preview) await decoded(photo.thumbnail);
  if (photo.width) Object.assign(image, { width: photo.width, height: photo.height });
  image.loading = preview ? "eager" : "lazy";
  image.src = photo.thumbnail;
  URL.revokeObjectURL(preview);
}

async function decoded(source) {
  const image = new Image();
  image.src = source;
  await image.decode().catch(() => {}); // the tile then shows its alternative text
}

/** Shows the file itself, faint, until its thumbnail comes; what cannot be shown is named. */
export function preview(tile, file) {
  const image = tile.querySelector("img");
  image.src = URL.createObjectURL(file);
  image.onload = () => (image.hidden = WITH_WORDS.includes(tile.dataset.state));
}
