// The enqueue form: Ctrl Enter sends it from wherever one types.
document.addEventListener("keydown", event => {
  const form = event.target.closest?.("[data-enqueue]");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-submit]"));
  }
});
