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
