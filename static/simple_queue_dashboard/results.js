const GUARD_MS = 700, TOAST_MS = 12_000, VERDICT_MS = 10_000;

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

// ---- a second click of a double click must not undo, nor resume another queue
let changed = 0;
document.addEventListener("click", event => {
  if (event.target.closest("[data-undo], [data-resume]") && performance.now() - changed < GUARD_MS) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// what was ticked is done with once a button for all of it has had an answer that is no refusal
function isDone(source, submitter) {
  return source?.matches?.("form[data-bulk]") && (source.id !== "rows" || submitter?.matches("[data-counts], [data-matching]")) && !$("#outcome .is-bad");
}
document.addEventListener("htmx:after:swap", event => {
  const { sourceElement, sourceEvent, target } = event.detail.ctx ?? {}, dialog = $("#dialog");
  if (sourceElement && ![live, field].includes(sourceElement)) changed = performance.now();
  if (target === live && isDone(sourceElement, sourceEvent?.submitter)) clearSelection();
  if (dialog.childElementCount && !dialog.open) {
    for (const menu of all("details.menu[open]")) menu.open = false;
    dialog.showModal();
  }
  if (target === live && dialog.contains(sourceElement)) dialog.close();
  showSelection();
  retireToasts();
  speakVerdict();
});

retireToasts();
speakVerdict();
