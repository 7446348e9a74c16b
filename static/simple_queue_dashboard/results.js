const GUARD_MS = 700, TOAST_MS = 12_000, VERDICT_MS = 10_000;

// ---- results: a toast that leaves by itself, unless somebody is on it
function report(sentence) {
  const toast = document.createElement("div"), text = document.createElement("p");
  toast.className = "toast is-bad";
  toast.dataset.toast = "";
  text.textContent = sentence;
  toast.append(text);
  $("#outcome").replaceChildren(toast);
  answerInDialog();
}
// what a question in a dialog was refused for is said in it: nobody reads, nor hears, what lies behind
function answerInDialog() {
  const form = $("#dialog[open] form"), toast = $("#outcome .is-bad p");
  if (!form || !toast) return;
  const place = $("[data-refusal]", form) ?? document.createElement("p");
  Object.assign(place, { className: "field-error", role: "alert", textContent: toast.textContent.trim() });
  place.dataset.refusal = "";
  $(".body", form).append(place);
  $("#outcome").replaceChildren();
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

// ---- a double click is one click: its second one must not undo, nor resume another queue, nor meet what a dialog hid
const SAME_PLACE = 12;
const first = { at: 0, x: NaN, y: NaN, inDialog: false };
function isSecond({ detail, timeStamp, clientX, clientY }) {
  if (!detail || timeStamp - first.at > GUARD_MS) return false; // keys have no detail
  return detail > 1 || Math.hypot(clientX - first.x, clientY - first.y) < SAME_PLACE;
}
document.addEventListener("click", event => {
  const { target, timeStamp, clientX, clientY, detail } = event, inDialog = Boolean(target.closest("dialog"));
  if (isSecond(event) && (target.closest("[data-undo], [data-resume]") || (first.inDialog && !inDialog))) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (detail) Object.assign(first, { at: timeStamp, x: clientX, y: clientY, inDialog });
}, true);

// what was ticked is done with once a button of its bar, or the dialog that this has opened, had an answer that is no refusal
let dialogOfBar = false;
const isOfBar = (source, submitter) => source?.id === "rows" && Boolean(submitter?.closest("#bulk"));
document.addEventListener("htmx:after:swap", event => {
  const { hx, sourceElement, sourceEvent, target } = event.detail.ctx ?? {}, dialog = $("#dialog");
  const ofBar = dialog.contains(sourceElement) ? dialogOfBar : isOfBar(sourceElement, sourceEvent?.submitter);
  if (target === live && ofBar && !$("#outcome .is-bad")) clearSelection();
  if (dialog.childElementCount && !dialog.open) {
    dialogOfBar = ofBar;
    for (const menu of all("details.menu[open]")) menu.open = false;
    dialog.showModal();
  }
  if (target === live && dialog.contains(sourceElement)) dialog.close();
  if (hx?.retarget === "#outcome" && dialog.contains(sourceElement)) answerInDialog();
  showSelection();
  retireToasts();
  speakVerdict();
});

retireToasts();
speakVerdict();
