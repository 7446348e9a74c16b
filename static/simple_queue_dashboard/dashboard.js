// Everything here is an enhancement: each page works without it.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => root.querySelectorAll(selector);
const live = $("#live"), connection = $("#connection");
const GUARD_MS = 700, TOAST_MS = 12_000, VERDICT_MS = 10_000, SELECTED_MAX = 1000;

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

// ---- results: a toast that leaves by itself, unless somebody is on it
function report(sentence) {
  const toast = document.createElement("div"), text = document.createElement("p");
  toast.className = "toast is-bad";
  toast.dataset.toast = "";
  text.textContent = sentence;
  toast.append(text);
  $("#outcome").replaceChildren(toast);
}
function retireToasts() {
  for (const toast of all("[data-toast]:not([data-seen])")) {
    toast.dataset.seen = "";
    const leave = () => toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove();
    setTimeout(leave, TOAST_MS);
  }
}
let spoken = 0;
function speakVerdict() {
  const verdict = $("#live [data-verdict]")?.textContent.trim(), place = $("#verdict");
  if (!verdict || verdict === place.dataset.said || Date.now() - spoken < VERDICT_MS) return;
  if (place.dataset.said !== undefined) { place.textContent = verdict; spoken = Date.now(); }
  place.dataset.said = verdict;
}

// ---- ticked rows: kept across updates and pages
const kept = { key: "simple_queue_dashboard_selected" };
kept.read = () => new Set(JSON.parse(sessionStorage.getItem(kept.key) || "[]"));
kept.write = ids => sessionStorage.setItem(kept.key, JSON.stringify([...ids].slice(-SELECTED_MAX)));
function selectionChanged() {
  const form = $("#rows"), ids = kept.read();
  if (!form) return;
  for (const box of all("[name=ids]", form)) box.checked ? ids.add(box.value) : ids.delete(box.value);
  kept.write(ids);
  showSelection(ids);
}
function showSelection(ids = kept.read()) {
  const form = $("#rows");
  if (!form) return;
  const boxes = [...all("tbody [name=ids]", form)], here = new Set(boxes.map(box => box.value));
  boxes.forEach(box => { box.checked = ids.has(box.value); });
  const elsewhere = [...ids].filter(id => !here.has(id)), chosen = boxes.filter(box => box.checked);
  $("[name=elsewhere]", form).value = elsewhere.join(" ");
  form.closest(".list").classList.toggle("has-selection", ids.size > 0);
  const master = $("[data-select-all]", form);
  if (master) {
    master.checked = boxes.length > 0 && chosen.length === boxes.length;
    master.indeterminate = chosen.length > 0 && !master.checked;
  }
  const count = $("[data-selected]", form);
  if (count) count.textContent = `${ids.size} selected${elsewhere.length ? `, ${elsewhere.length} on other pages` : ""}`;
  for (const button of all("[data-counts]", form)) {
    const fit = chosen.filter(box => box.dataset.verbs.split(" ").includes(button.dataset.counts)).length;
    const label = $("[data-label]", button);
    button.disabled = fit + elsewhere.length === 0;
    label.textContent = fit + elsewhere.length === ids.size ? `${button.dataset.word} ${ids.size}` : `${button.dataset.word} ${fit + elsewhere.length} of ${ids.size}`;
  }
}
function clearSelection() { kept.write([]); showSelection(); }
document.addEventListener("change", event => {
  if (event.target.matches("[data-select-all]")) all("tbody [name=ids]").forEach(box => { box.checked = event.target.checked; });
  if (event.target.closest("#rows")) selectionChanged();
  if (event.target.closest("[data-auto-submit]") && event.target.matches("select")) event.target.form.requestSubmit();
});

// ---- a second click of a double click must not undo
let changed = 0;
document.addEventListener("click", event => {
  if (event.target.closest("[data-undo]") && performance.now() - changed < GUARD_MS) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// ---- many rows are not changed by a list that may be wrong by now
document.addEventListener("submit", event => {
  if (!event.submitter?.matches("[data-counts]") || !["late", "offline"].includes(connection?.dataset.state)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  clock.due = 0;
  report("This list is old. It is being refreshed; look again, then repeat. Nothing done.");
  tick();
}, true);

document.addEventListener("htmx:after:swap", event => {
  const { sourceElement, target } = event.detail.ctx ?? {};
  if (sourceElement && sourceElement !== live) changed = performance.now();
  if (sourceElement?.matches?.("form[data-bulk]") && target === live) clearSelection();
  const dialog = $("#dialog");
  if (dialog.childElementCount && !dialog.open) dialog.showModal();
  if (target === live && dialog.open && sourceElement !== live) dialog.close();
  showSelection();
  retireToasts();
  speakVerdict();
});

// ---- small things
document.addEventListener("click", event => {
  const closer = event.target.closest("[data-close]"), copier = event.target.closest("[data-copy]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    closer.closest("[data-toast]")?.remove();
  }
  if (copier) navigator.clipboard?.writeText(copier.dataset.copy).then(() => { copier.dataset.copied = ""; });
  if (event.target.closest("[data-clear-selection]")) { event.preventDefault(); clearSelection(); }
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
$("#dialog")?.addEventListener("close", event => event.target.replaceChildren());
$("[data-theme-form]")?.addEventListener("submit", event => {
  event.preventDefault();
  const root = document.documentElement, themes = ["", "light", "dark"];
  const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
  next ? (root.dataset.theme = next) : delete root.dataset.theme;
  fetch(event.target.action, { method: "POST", body: new FormData(event.target), redirect: "manual" });
});
for (const current of all(".nav [aria-current], .tabs [aria-current], .picker [aria-current]")) {
  const parent = current.parentElement;
  parent.scrollTo(current.offsetLeft - parent.offsetLeft - parent.clientWidth / 3, current.offsetTop - parent.offsetTop - parent.clientHeight / 3);
}

document.addEventListener("focusout", event => {
  const form = event.target.closest("form.is-asked");
  if (!form?.contains(event.relatedTarget)) form?.classList.remove("is-asked");
});

// ---- keys: never while typing, never with modifiers
const rows = () => [...all("#rows tbody tr")];
function move(step) {
  const list = rows(), at = list.findIndex(row => row.matches(".is-cursor, :focus-within"));
  const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))];
  list.forEach(row => row.classList.toggle("is-cursor", row === next));
  $("a.task", next)?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}
const cursor = selector => $(`#rows tbody tr.is-cursor ${selector}`);
const KEYS = {
  "/": () => {
    const field = $("[type=search]");
    field?.form.classList.add("is-asked");
    field?.focus();
    field?.select();
  },
  j: () => move(1), k: () => move(-1),
  x: () => cursor("[name=ids]")?.click(),
  r: () => (cursor("[data-key=r]") ?? $("[data-key=r]:not(tr *)"))?.click(),
  u: () => ($("#outcome [data-undo]") ?? cursor("[data-undo]") ?? $("#live [data-undo]:not(tr *)"))?.click(),
  e: () => $("[data-key=e]")?.click(),
  p: () => connection && choose(clock.every ? "0" : "2"),
  "[": () => $("[data-key='[']")?.click(), "]": () => $("[data-key=']']")?.click(),
};
document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    for (const menu of all("details.menu[open]")) { menu.open = false; menu.firstElementChild.focus(); }
    if (!$("#dialog[open]") && !event.target.closest("input, textarea")) clearSelection();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || $("#dialog[open]") || event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});
showSelection();
retireToasts();
speakVerdict();
