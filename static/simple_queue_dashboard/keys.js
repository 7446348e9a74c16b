// ---- keys: never while typing, never with modifiers, and not at all when the operator has switched them off
const rows = () => [...all(":is(#rows, #groups) tbody tr")];
const at = { id: null, index: -1, moved: false };  // the cursor: no live update takes it from its row; whether it moved since one acted
function putCursor(row, list = rows()) {
  Object.assign(at, { id: row?.id ?? null, index: list.indexOf(row) });
  list.forEach(each => each.classList.toggle("is-cursor", each === row));
}
function move(step) {
  const list = rows(), from = list.findIndex(row => row.matches(".is-cursor, :focus-within"));
  const next = list[Math.max(0, Math.min(list.length - 1, from < 0 ? 0 : from + step))];
  putCursor(next, list);
  at.moved = true;
  $("a.task", next)?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}
// the row may have left the list: after what one did oneself the next one is it, else none, lest a key meet another task
document.addEventListener("htmx:after:swap", event => {
  const { sourceElement, target } = event.detail.ctx ?? {};
  if (target !== live) return;
  if (sourceElement !== live) at.moved = false;
  if (at.id === null) return;
  const list = rows(), same = list.find(row => row.id === at.id);
  if (same || sourceElement !== live) putCursor(same ?? list[Math.min(at.index, list.length - 1)], list);
});
// the cursor goes with the focus, but not to the row that an update gave it to
document.addEventListener("focusin", event => {
  const row = event.target.closest(":is(#rows, #groups) tbody tr");
  if (!row || byUpdate(event.target)) return;
  putCursor(row);
  if (event.target !== given.element) at.moved = true;
});
const cursor = selector => $(`:is(#rows, #groups) tbody tr.is-cursor ${selector}`);
// while rows are ticked a key means them, and no other row when they do not fit
const buttonFor = (verb, key) => $(".list.has-selection") ? $(`#bulk [data-counts=${verb}]:enabled`) : cursor(`[data-key=${key}]`) ?? $(`[data-key=${key}]:not(tr *)`);

// Undo of the row that one went to since; else of what was just done
function undoKey() {
  const row = cursor("[data-undo]");
  return (at.moved && row) || $("#outcome [data-undo]") || row || $("#live [data-undo]:not(tr *)");
}
// what was sent is not sent again before its answer: that it was undone already would hide that it was undone
function undoOnce() {
  const button = undoKey();
  if (!button?.form?.matches(".htmx-request")) button?.click();
}

// a dialog with the values of the row under the cursor, each a link to the list filtered by it
function filterByRow() {
  const row = $("#rows tbody tr.is-cursor"), dialog = $("#dialog");
  if (!row) return;
  dialog.replaceChildren($("#filter-by").content.cloneNode(true));
  const list = $("ul", dialog);
  const heads = [...all("#rows thead th")], task = $("a.task", row), queue = row.dataset.queue ?? "default";
  const head = link => link.matches(".err") ? list.dataset.error : heads[link.closest("td").cellIndex].textContent;
  const links = [...all("a[tabindex]", row)].map(link => [link.href, head(link), link.textContent.trim()]);
  const named = [["task", task.title || task.textContent], ["queue", queue]].map(([name, value]) => [list.dataset[name === "task" ? "byTask" : "byQueue"] + encodeURIComponent(value), list.dataset[name], value]);
  for (const [href, label, words] of [...named, ...links]) {
    const item = document.createElement("li"), link = document.createElement("a"), name = document.createElement("i");
    link.href = href;
    name.textContent = label;
    link.append(name, " ", words);
    item.append(link);
    list.append(item);
  }
  dialog.showModal();
  $("a", list).focus();
}
function help() {
  const dialog = $("#keys-help");
  if (!dialog) return false;
  dialog.open ? dialog.close() : dialog.showModal();
}
function go(place) {
  const link = $(`.nav [data-go=${place}]`) ?? (place === "failures" && $("#tab-failed"));
  if (link) location.assign(link.href);
}
const SEARCH = "[role=search] [type=search]", TYPING = "input:not([type=checkbox], [type=radio]), textarea, select";
// the search is left with what was typed in it, which the browser would empty
function escape(event) {
  const menus = all("details.menu[open]");
  for (const menu of menus) { menu.open = false; menu.firstElementChild.focus(); }
  if (menus.length || $("dialog[open]")) return;
  if (event.target.matches(SEARCH)) { event.preventDefault(); event.target.blur(); }
  else if (!event.target.closest(TYPING)) clearSelection();
}
function search() {
  const box = $(SEARCH);
  if (!box) return false;
  box.form.classList.add("is-asked");
  box.focus();
  box.select();
}
// a key that answers false has nothing to do here: it stays the browser's
const KEYS = {
  "/": search,
  j: () => move(1), k: () => move(-1),
  o: () => cursor("a.task")?.click(),
  x: () => cursor("[name=ids]")?.click(),
  r: () => buttonFor("requeue", "r")?.click(),
  c: () => buttonFor("cancel", "c")?.click(),
  u: undoOnce,
  e: () => $(".nav [data-go=enqueue][aria-current]") || go("enqueue"),
  f: filterByRow,
  p: () => connection && choose(clock.every ? "0" : clock.wanted),
  "?": help,
  "[": () => $("[data-key='[']")?.click(), "]": () => $("[data-key=']']")?.click(),
};
const PLACES = { t: "tasks", f: "failures", e: "enqueue", w: "workers", a: "activity" };
let gone = 0;  // when g was pressed
// AltGr, by which many keyboards type a bracket, counts as Ctrl and Alt on Windows
const isModified = event => !event.getModifierState("AltGraph") && (event.ctrlKey || event.metaKey || event.altKey);
document.addEventListener("keydown", event => {
  if (event.key === "Escape") escape(event);
  const off = document.documentElement.dataset.keys === "off", typing = event.target.closest(TYPING);
  if (off || typing || isModified(event) || $("dialog[open]")) return;
  const place = Date.now() - gone < 1500 && PLACES[event.key];
  gone = event.key === "g" ? Date.now() : 0;
  if (place) { event.preventDefault(); go(place); }
  else if (KEYS[event.key] && KEYS[event.key]() !== false) event.preventDefault();
});
document.addEventListener("click", event => {
  if (event.target.closest("[data-help]")) help();
  if (event.target.closest("[data-search]")) search();
});
