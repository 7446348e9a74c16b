// The enqueue form: Ctrl Enter sends it from wherever one types, what was opened is open on the next page, and what a field
// was told of a mistake goes once it was typed in, or once nothing is wrong: the preview says what still is.
document.addEventListener("keydown", event => {
  const form = event.target.closest?.("[data-enqueue]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-submit]"));
  }
});
$("[data-sent-back]")?.requestSubmit();
document.addEventListener("toggle", event => {
  const kept = event.target.querySelector?.("[data-options-open]");
  if (kept) kept.value = event.target.open ? "open" : "";
}, true);

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-enqueue] [aria-invalid]")) target.dataset.corrected = "";
});
document.addEventListener("htmx:after:swap", event => {
  if (event.detail.ctx?.target?.id !== "preview") return;
  const wrong = $("#preview :is(.is-failed, .is-queued)");
  for (const field of all(`[data-enqueue] ${wrong ? "[data-corrected]" : "[aria-invalid]"}`)) acquit(field);
  if (!wrong) for (const mistake of all("#problems, [data-enqueue] .field-error")) mistake.remove();
});
function acquit(field) {
  const described = field.getAttribute("aria-describedby").split(" ").filter(Boolean);
  for (const id of described.filter(isMistake)) byId(id)?.remove();
  field.setAttribute("aria-describedby", described.filter(id => !isMistake(id)).join(" "));
  field.removeAttribute("aria-invalid");
  delete field.dataset.corrected;
}
const isMistake = id => id.endsWith("-e");
