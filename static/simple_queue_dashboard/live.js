// ---- the one clock: it asks for news unless nobody looks
const clock = { every: 2, wanted: "2", last: Date.now(), asked: Date.now(), failures: 0, still: 0, due: 0, acted: 0 };
// While nothing changes and nobody touches the page it asks less and less often. A fleet that died is to show within 10 s
// after its lease: the server's picture may be 3 s old, and the clock ticks once a second, which leaves 6 s.
const STILL = 3, SLOWEST = 6, LATE = 10;
function pace() {
  const slower = clock.every * 2 ** Math.max(0, clock.still - STILL + 1);
  return Math.max(clock.every, Math.min(slower, SLOWEST));
}
function wake() {
  if (!clock.still) return;
  clock.still = 0;
  clock.due = Math.min(clock.due, clock.asked + clock.every * 1000);
}

function show(state) {
  if (!connection || (connection.dataset.state === state && state !== "offline")) return;
  connection.dataset.state = state;
  $("[data-word]", connection).textContent = connection.getAttribute(`data-${state}`);
  $("[data-lead]", connection).textContent = lead(state);
}
function lead(state) {
  if (state === "offline") return `${connection.dataset.retry.replace("{n}", Math.max(1, Math.ceil((clock.due - Date.now()) / 1000)))} `;
  return `${state === "late" ? connection.dataset.from : connection.dataset.asOf} `;
}
function stateNow() {
  if (connection.dataset.state === "signed-out") return "signed-out";
  if (!clock.every) return "paused";
  if (clock.failures) return "offline";
  return Date.now() - clock.last > Math.max(LATE, 2 * clock.every + 6) * 1000 ? "late" : "live";
}
function tick() {
  if (document.hidden) return;
  show(stateNow());
  if (stateNow() === "live") countDown();
  if (clock.every && Date.now() >= clock.due) {
    clock.asked = Date.now();
    clock.due = clock.asked + pace() * 1000;
    live.dispatchEvent(new CustomEvent("live:tick"));
  }
}
// ---- seconds that are left count down between two answers, from when the page has got them
const counted = new WeakMap();
function countDown() {
  for (const time of all("time[data-left]", live)) {
    const { left } = time.dataset, text = time.firstChild;
    if (counted.get(time)?.left !== left) counted.set(time, { left, since: performance.now() });
    const passed = Math.floor((performance.now() - counted.get(time).since) / 1000);
    text.data = text.data.replace(/\d+/, Math.max(0, left - passed));
  }
}

function arrived(response) {
  const date = new Date(response.headers.get("Date") || Date.now());
  Object.assign(clock, { last: Date.now(), failures: 0 });
  if (response.status === 304) clock.still += 1;
  else wake();
  const time = $("time", connection);
  time.dateTime = date.toISOString();
  time.textContent = inZone(date);
  show(stateNow());
}
function inZone(date) {
  const { lang, dataset } = document.documentElement;
  try {
    return date.toLocaleTimeString(lang, { timeZone: dataset.zone, hourCycle: "h23" });
  } catch { // a zone of the server's that this browser does not know
    return `${date.toISOString().slice(11, 19)} UTC`;
  }
}
function missed() {
  Object.assign(clock, { failures: clock.failures + 1, still: 0 });
  clock.due = Date.now() + Math.min(30, 2 ** clock.failures) * 1000;
  show("offline");
}
function refused() { // what is shown stays, and soon says how old it is
  Object.assign(clock, { due: Date.now() + 30_000, still: 0 });
}
function choose(every) {
  clock.every = Number(every);
  if (clock.every) clock.wanted = every;
  Object.assign(clock, { due: 0, still: 0 });
  $(`[name=every][value="${every}"]`, connection).checked = true;
  remember("every", every);
  tick();
}
if (live && connection) {
  clock.every = Number(connection.dataset.every);
  if (clock.every) clock.wanted = connection.dataset.every;
  clock.due = Date.now() + clock.every * 1000;
  connection.addEventListener("change", event => choose(event.target.value));
  for (const sign of ["pointerdown", "keydown", "input"]) document.addEventListener(sign, wake, true);
  addEventListener("focus", wake);
  document.addEventListener("visibilitychange", () => { wake(); clock.due = 0; tick(); });
  addEventListener("online", () => { clock.due = 0; tick(); });
  document.addEventListener("htmx:after:swap", countDown);
  setInterval(tick, 1000);
  tick();
  document.addEventListener("htmx:before:request", event => { event.detail.ctx.asked = performance.now(); });
  document.addEventListener("htmx:after:request", event => {
    const { response, hx, target, sourceElement, asked } = event.detail.ctx;
    if (hx?.redirect) { if (sourceElement === live) show("signed-out"); }
    else if (response.status >= 500 && !response.headers.get("X-Too-Slow")) { if (sourceElement === live || sourceElement.matches("form")) missed(); }
    else if (response.status >= 400) { if (sourceElement === live) refused(); }
    else if (target !== live || hx?.retarget) return;
    else if (sourceElement === live && asked < clock.acted) event.preventDefault(); // older than what one has done since
    else {
      if (sourceElement !== live) clock.acted = performance.now();
      arrived(response);
    }
  });
  document.addEventListener("htmx:error", event => {
    if (event.detail.ctx?.sourceElement === $("#q")) return;
    missed();
    if (event.detail.ctx?.sourceElement?.closest("#live form, dialog form, #outcome")) report(connection.dataset.unknown);
  });
}
