const SELECTED_MAX = 1000;

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

// ---- many rows are not changed by a list that may be wrong by now
document.addEventListener("submit", event => {
  if (!event.submitter?.matches("[data-counts]") || !["late", "offline"].includes(connection?.dataset.state)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  clock.due = 0;
  report("This list is old. It is being refreshed; look again, then repeat. Nothing done.");
  tick();
}, true);

showSelection();
