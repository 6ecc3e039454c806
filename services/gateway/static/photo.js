// What can happen to a photo, and what is said about it: no DOM, no network.

const MAX_BYTES = 20_000_000;
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const AUTOMATIC_RETRIES = 5;
const FINAL = ["processed", "rejected", "refused"];
const NAMES = {
  queued: "Queued",
  sending: "Sending",
  waiting: "Waiting",
  failed: "Not sent",
  refused: "Refused",
  received: "Received",
  processed: "Processed",
  rejected: "Rejected",
};

export const isFinal = (photo) => FINAL.includes(photo.state);

/** Why a file need not even be sent, or an empty string. */
export function objection({ size, type }) {
  if (size > MAX_BYTES) return `This file has ${megabytes(size)} MB; 20 MB is the most.`;
  if (size === 0) return "This file is empty.";
  // Some systems know no type for a file: then the gateway decides.
  if (type && !TYPES.includes(type)) return "This is not a JPEG, PNG, WebP or GIF.";
  return "";
}

const megabytes = (bytes) => Math.ceil(bytes / 100_000) / 10;

/** The photo after something has happened to it. */
export function next(photo, event) {
  switch (event.type) {
    case "queue":
      return { ...photo, state: "queued", note: "", tries: 0 };
    case "start":
      return { ...photo, state: "sending", note: "", sent: 0, tries: photo.tries + 1 };
    case "progress":
      return { ...photo, sent: event.sent };
    case "problem":
      return { ...photo, ...afterProblem(event.problem, photo.tries) };
    case "seen":
      // Answers may overtake each other; what is settled stays settled.
      if (isFinal(photo) && event.photo.state === "received") return photo;
      return { ...photo, ...event.photo, note: sentence(event.photo.reason) };
    default:
      throw new TypeError(`A photo knows no ${event.type}.`);
  }
}

function afterProblem({ status, message, retryAfter }, tries) {
  const mayWork = status === 0 || status === 408 || status === 429 || status >= 500;
  if (!mayWork) return { state: "refused", note: message };
  if (!retryAfter || tries > AUTOMATIC_RETRIES) return { state: "failed", note: message };
  return { state: "waiting", note: `${message} It goes on by itself in ${duration(retryAfter)}.` };
}

function duration(seconds) {
  if (seconds >= 90) return `${Math.round(seconds / 60)} minutes`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

/** Retry-After as seconds from now, or 0; the header holds seconds or a date (RFC 9110). */
export function secondsUntil(header, now = Date.now()) {
  if (!header) return 0;
  if (/^\d+$/.test(header)) return Number(header);
  const seconds = header.endsWith("GMT") ? (Date.parse(header) - now) / 1000 : 0;
  return Math.max(0, Math.ceil(seconds)) || 0;
}

/** What went wrong, in words: the gateway's own where it has some. */
export function inWords(status, problem) {
  if (status === 0) return "The connection was lost. Retrying is safe: it is stored once.";
  return sentence(problem?.detail ?? problem?.title ?? `The gateway answered ${status}`);
}

/** Others' words, closed by a full stop. */
export const sentence = (words = "") => words.replace(/[^.!?]$/, "$&.");

export function stateInWords(photo) {
  const name = NAMES[photo.state];
  return photo.state === "sending" ? `${name} ${Math.floor(photo.sent * 100)}%` : name;
}

/** One sentence for many changes, so that a screen reader is not flooded. */
export function tally(states) {
  const count = (state) => states.filter((each) => each === state).length;
  const parts = [...new Set(states)].map((state) => `${count(state)} ${NAMES[state] ?? state}`);
  return `${parts.join(", ").toLowerCase()}.`;
}

/** Today's photos by their time, older ones by their date. */
export function shortTime(date, now = new Date()) {
  const today = date.toDateString() === now.toDateString();
  return date.toLocaleString([], today ? { timeStyle: "short" } : { dateStyle: "medium" });
}

/** A photo has no description, so its alternative text says what is known. */
export function describe(photo) {
  if (photo.state !== "processed") return `Preview of ${photo.name}, not processed yet`;
  const when = new Date(photo.created);
  return `Photo uploaded ${when.toLocaleString([], { dateStyle: "long", timeStyle: "short" })}`;
}

/** Milliseconds between questions about a photo: quick at first, then patient. */
export function* growingPauses(first = 400, most = 30_000) {
  for (let pause = first; ; pause = Math.min(pause * 1.5, most)) yield pause;
}
