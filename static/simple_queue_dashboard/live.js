// ---- the one clock: it asks for news unless nobody looks
const clock = { every: 2, last: Date.now(), failures: 0, due: 0 };
const SHOWN = { live: "Live", paused: "Paused", late: "Late", offline: "Offline", "signed-out": "Signed out" };

function show(state) {
  if (!connection || (connection.dataset.state === state && state !== "offline")) return;
  connection.dataset.state = state;
  $("[data-word]", connection).textContent = SHOWN[state];
  note(state);
}
function note(state) {
  const time = $("time", connection).textContent;
  const wait = Math.max(1, Math.ceil((clock.due - Date.now()) / 1000));
  $("[data-lead]", connection).textContent =
    state === "late" ? "numbers from " : state === "offline" ? `retry in ${wait} s, numbers from ` : "as of ";
  return time;
}
function stateNow() {
  if (connection.dataset.state === "signed-out") return "signed-out";
  if (!clock.every) return "paused";
  if (clock.failures) return "offline";
  return Date.now() - clock.last > (clock.every * 2 + 6) * 1000 ? "late" : "live";
}
function tick() {
  if (document.hidden) return;
  show(stateNow());
  if (clock.every && Date.now() >= clock.due) {
    clock.due = Date.now() + clock.every * 1000;
    live.dispatchEvent(new CustomEvent("live:tick"));
  }
}
function arrived(response) {
  const zone = document.documentElement.dataset.zone, date = new Date(response.headers.get("Date") || Date.now());
  Object.assign(clock, { last: Date.now(), failures: 0 });
  const time = $("time", connection);
  time.dateTime = date.toISOString();
  time.textContent = date.toLocaleTimeString("en-GB", { timeZone: zone });
  show(stateNow());
}
function missed() {
  clock.failures += 1;
  clock.due = Date.now() + Math.min(30, 2 ** clock.failures) * 1000;
  show("offline");
}
function choose(every) {
  clock.every = Number(every);
  clock.due = 0;
  localStorage.setItem("simple_queue_dashboard_every", every);
  const radio = $(`[name=every][value="${every}"]`, connection);
  if (radio) radio.checked = true;
  tick();
}
if (live && connection) {
  choose(localStorage.getItem("simple_queue_dashboard_every") ?? "2");
  clock.due = Date.now() + clock.every * 1000;
  connection.addEventListener("change", event => choose(event.target.value));
  document.addEventListener("visibilitychange", () => { clock.due = 0; clock.last = Date.now(); tick(); });
  addEventListener("online", () => { clock.due = 0; tick(); });
  setInterval(tick, 1000);
  document.addEventListener("htmx:after:request", event => {
    const { response, hx } = event.detail.ctx;
    if (hx?.redirect) show("signed-out");
    else if (response.status >= 500) missed();
    else arrived(response);
  });
  document.addEventListener("htmx:error", event => {
    missed();
    if (event.detail.ctx?.sourceElement !== live) report("No answer from the server: it is unknown whether that was done. The page tries again by itself.");
  });
}
