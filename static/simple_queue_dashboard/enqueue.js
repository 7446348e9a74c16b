// The enqueue form: Ctrl Enter sends it from wherever one types, and what was opened is open on the next page.
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
