// ---- ticked rows: kept across updates and pages, each with when it had last changed as it was ticked
const SELECTED_MAX = 1000;
const kept = { key: `simple_queue_dashboard_selected_${document.documentElement.dataset.user}` }; // of this person: another may sign in in this tab
kept.read = () => new Map(JSON.parse(memory.getItem(kept.key) || "[]"));
kept.write = chosen => memory.setItem(kept.key, JSON.stringify([...chosen].slice(-SELECTED_MAX)));

const idOf = box => box.value.split("@")[0], verbsOf = box => box.dataset.verbs ?? "";
function selectionChanged() {
  const form = $("#rows:has(#bulk)"), chosen = kept.read();
  if (!form) return;
  for (const box of all("tbody [name=ids]", form)) {
    const [id, seen] = box.value.split("@");
    if (!box.checked) chosen.delete(id);
    else if (!chosen.has(id)) chosen.set(id, { seen, verbs: verbsOf(box) });
  }
  kept.write(chosen);
  showSelection(kept.read());
}
// a ticked row that is not any more what was ticked is marked: the server leaves it alone
function markChanged(box, ticked, words) {
  const changed = Boolean(ticked) && ticked.seen !== box.value.split("@")[1];
  const row = box.closest("tr"), cell = $(".grow", row);
  row.classList.toggle("is-changed", changed);
  if (changed) cell.dataset.changed = words;
  else delete cell.dataset.changed;
  return changed;
}
function showSelection(chosen = kept.read()) {
  const form = $("#rows:has(#bulk)");
  if (!form) return;
  const boxes = [...all("tbody [name=ids]", form)], here = new Set(boxes.map(idOf));
  const elsewhere = [...chosen.keys()].filter(id => !here.has(id));
  let changed = 0;
  for (const box of boxes) {
    box.checked = chosen.has(idOf(box));
    if (markChanged(box, chosen.get(idOf(box)), form.dataset.changed)) changed += 1;
  }
  form.elements.ticked.value = [...chosen].map(([id, { seen }]) => `${id}@${seen}`).join(" ");
  form.closest(".list").classList.toggle("has-selection", chosen.size > 0);
  showMaster(boxes);
  sayCount(form, chosen.size, elsewhere.length, changed);
  const fits = [...boxes.filter(box => box.checked && !box.closest(".is-changed")).map(verbsOf), ...elsewhere.map(id => chosen.get(id).verbs)];
  for (const button of all("[data-counts]", form)) countOn(button, fits.filter(verbs => verbs.split(" ").includes(button.dataset.counts)).length, chosen.size);
}
function showMaster(boxes) {
  const master = $("[data-select-all]"), ticked = boxes.filter(box => box.checked).length;
  if (!master) return;
  master.checked = boxes.length > 0 && ticked === boxes.length;
  master.indeterminate = ticked > 0 && !master.checked;
}
function sayCount(form, size, elsewhere, changed) {
  const bar = $("#bulk", form), parts = [bar.dataset.chosen.replace("{n}", size)];
  if (elsewhere) parts.push(bar.dataset.elsewhere.replace("{n}", elsewhere));
  if (changed) parts.push(bar.dataset.skipped.replace("{n}", changed));
  if (size >= SELECTED_MAX) parts.push(bar.dataset.most.replace("{n}", SELECTED_MAX));
  $("[data-selected]", bar).textContent = parts.join(", ");
}
function countOn(button, fit, size) {
  button.disabled = fit === 0;
  $("[data-label]", button).textContent = fit === size ? `${button.dataset.word} ${fit}` : `${button.dataset.word} ${button.dataset.of.replace("{fit}", fit).replace("{n}", size)}`;
}
function clearSelection() { kept.write([]); showSelection(); }

document.addEventListener("change", event => {
  if (event.target.matches("[data-select-all]")) all("tbody [name=ids]").forEach(box => { box.checked = event.target.checked; });
  if (event.target.closest("#rows")) selectionChanged();
});
// a range by Shift: every row between the last click and this one
let lastBox = null;
document.addEventListener("click", event => {
  const box = event.target.closest("#rows tbody [name=ids]");
  if (!box) return;
  const boxes = [...all("#rows tbody [name=ids]")], from = boxes.indexOf(lastBox), to = boxes.indexOf(box);
  if (event.shiftKey && from >= 0) boxes.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(each => { each.checked = box.checked; });
  lastBox = box;
});
// Enter in a box presses the form's first button, which is there to do nothing: htmx would send it all the same
document.addEventListener("keydown", event => {
  if (event.key === "Enter" && event.target.matches("#rows [type=checkbox]")) event.preventDefault();
});

// ---- many rows are not changed by a list that may be wrong by now
document.addEventListener("submit", event => {
  if (!event.submitter?.matches("[data-counts], [data-matching]") || !["late", "offline"].includes(connection?.dataset.state)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  clock.due = 0;
  report($("#bulk").dataset.old);
  tick();
}, true);

showSelection();
