// The gateway's JSON API, as this page uses it.

import { inWords, secondsUntil } from "./photo.js";

/** An answer that is not a success (status 0: no answer at all), with words for people. */
export class Problem extends Error {
  constructor(status, problem, retryAfter) {
    super(inWords(status, problem));
    this.status = status;
    this.retryAfter = secondsUntil(retryAfter);
  }
}

export const getPhoto = (id) => getJson(`/photos/${encodeURIComponent(id)}`);

export function getPage(cursor) {
  const query = new URLSearchParams({ limit: 24, ...(cursor && { cursor }) });
  return getJson(`/photos?${query}`);
}

async function getJson(path) {
  const response = await fetch(path).catch(() => {
    throw new Problem(0, { detail: "The gateway cannot be reached." });
  });
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw new Problem(response.status, body, response.headers.get("Retry-After"));
}

/** Sends one file; a second call with the same key stores no second photo. */
export function postPhoto(file, key, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    request.open("POST", "/photos");
    request.responseType = "json";
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onerror = () => reject(new Problem(0));
    request.onload = () => {
      if (request.status === 202 && request.response) return resolve(request.response);
      const wait = request.getResponseHeader("Retry-After");
      reject(new Problem(request.status, request.response, wait));
    };
    const form = new FormData();
    form.append("photo", file);
    request.send(form);
  });
}

/** A key of 128 random bits; crypto.randomUUID is missing on plain http except on loopback. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
