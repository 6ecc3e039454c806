"use strict";
// The page without this script shows the same, as of its last load.

const base = document.body.dataset.base;

function listen(after, query, onNews) {
  let source = null;
  let last = after;
  const open = () => {
    query.set("after", last);
    source = new EventSource(`${base}/events?${query}`);
    source.onmessage = (event) => {
      last = event.lastEventId;
      onNews(JSON.parse(event.data));
    };
  };
  const close = () => {
    source?.close();
    source = null;
  };
  // A hidden page would hold one of the browser's few connections.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!source) open();
  });
  addEventListener("pagehide", close);
  if (!document.hidden) open();
}

function showDecisions(rows) {
  const pause = document.getElementById("pause");
  const news = document.getElementById("news");
  const most = Number(rows.dataset.most);
  let held = [];
  let count = 0;
  let told = 0;

  // The server has escaped every text in these rows.
  const add = (html) => {
    rows.insertAdjacentHTML("afterbegin", html);
    while (rows.children.length > most) rows.lastElementChild.remove();
  };
  const tell = () => {
    if (Date.now() - told < 5000) return;
    told = Date.now();
    news.textContent = `${count} new since the page was opened`;
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    if (paused) return;
    held.forEach(add);
    held = [];
  });
  listen(rows.dataset.last, new URLSearchParams(location.search), (found) => {
    if (!found.count) return;
    count += found.count;
    if (pause.getAttribute("aria-pressed") === "true") held = [...held, found.html].slice(-most);
    else add(found.html);
    tell();
  });
}

function showMap(picture) {
  const query = new URLSearchParams({ who: picture.dataset.who });
  let waiting = 0;
  const draw = async () => {
    waiting = 0;
    const answer = await fetch(`${base}/map/picture?${query}`);
    if (answer.ok) picture.innerHTML = await answer.text();
  };
  const soon = (after) => {
    waiting ||= setTimeout(draw, after);
  };
  let out = 0;
  listen(picture.dataset.last, new URLSearchParams(), () => {
    soon(300);
    clearTimeout(out);
    out = setTimeout(() => soon(0), 10500); // the lights go out
  });
}

function countDown(times) {
  // The sandbox's clock may be ahead of this one.
  const ahead = Number(document.querySelector("[data-now]").dataset.now) - Date.now() / 1000;
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const words = (seconds) => {
    const size = Math.abs(seconds);
    if (size < 120) return relative.format(Math.round(seconds), "second");
    if (size < 7200) return relative.format(Math.round(seconds / 60), "minute");
    return relative.format(Math.round(seconds / 3600), "hour");
  };
  const show = () => {
    const now = Date.now() / 1000 + ahead;
    for (const each of times) {
      const text = words(Number(each.dataset.at) - now);
      if (each.textContent !== text) each.textContent = text;
    }
  };
  show();
  setInterval(show, 1000);
}

// Some answers take seconds. The script says so; without it, the browser shows that it waits.
function sayBusy(form) {
  const status = form.parentElement.querySelector(".busy");
  const button = form.querySelector("button");
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled")) event.preventDefault();
    status.textContent = form.dataset.busy;
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => {
    status.textContent = "";
    button.removeAttribute("aria-disabled");
  });
}

const rows = document.getElementById("rows");
const picture = document.getElementById("picture");
const times = document.querySelectorAll("time[data-at]");
if (rows) showDecisions(rows);
if (picture) showMap(picture);
if (times.length) countDown(times);
document.querySelectorAll("form[data-busy]").forEach(sayBusy);
const again = document.querySelector("a[data-again]");
if (again) setTimeout(() => location.replace(again.href), 2000);
