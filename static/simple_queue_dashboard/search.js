// ---- the search box: a combobox whose list the server writes; the focus stays in the field
const field = $("#suggestions") && $("#q"), proposals = () => [...all("#suggestions [role=option]")];

function showProposals(open) {
  $("#suggestions").hidden = !open;
  field.setAttribute("aria-expanded", open);
  point(-1);
}
function point(at) {
  const options = proposals();
  options.forEach((option, index) => option.setAttribute("aria-selected", index === at));
  if (options[at]) {
    field.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}
// the word that is being typed, as TYPED of tokens.py finds it
function begunWord(text) {
  const last = [...text.matchAll(/(?:"(?:[^"]|"")*(?:"|$)|(?<![^\s:=])'[^']*(?:'(?!\S)|$)|\S)+/g)].at(-1);
  return last && last.index + last[0].length === text.length ? last[0] : "";
}
function accept(option) {
  const begun = begunWord(field.value);
  const goesOn = option.hasAttribute("data-goes-on");
  field.value = field.value.slice(0, field.value.length - begun.length) + option.dataset.value + (goesOn ? "" : " ");
  settled();
  showProposals(false);
  if (goesOn) propose();
}
function propose() { field.dispatchEvent(new CustomEvent("suggest")); }
// A request may be cut off, by a live update or on its way: what was asked for and not answered is asked for once more.
let unanswered = 0;
function settled() { clearTimeout(unanswered); }

if (field) {
  document.addEventListener("htmx:after:swap", event => {
    if (event.detail.ctx?.sourceElement !== field) return;
    settled();
    showProposals(proposals().length > 0 && document.activeElement === field);
  });
  field.addEventListener("input", () => { settled(); unanswered = setTimeout(propose, 1000); });
  field.addEventListener("keydown", event => {
    const options = proposals(), open = field.getAttribute("aria-expanded") === "true";
    const at = options.findIndex(option => option.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !open) propose();
    else if (step) point((at + step + options.length) % options.length);
    else if (event.key === "Enter" && open && at >= 0) accept(options[at]);
    else if (event.key === "Escape" && open) { settled(); showProposals(false); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("blur", () => { settled(); showProposals(false); });
  $("#suggestions").addEventListener("mousedown", event => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) accept(option);
  });
  field.form.addEventListener("formdata", event => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
}

// ---- a filter applies when it is chosen; by arrow keys one passes over others on the way, so there Enter chooses
let passing = null;
document.addEventListener("pointerdown", () => { passing = null; }, true);
document.addEventListener("keydown", event => {
  if (!event.target.matches("[data-auto-submit] select")) return;
  if (event.key === "Enter" && passing === event.target) { event.preventDefault(); apply(event.target); }
  passing = event.key === " " || event.key === "F4" || event.altKey ? null : event.target; // these open its list
});
document.addEventListener("change", event => {
  const select = event.target;
  if (!select.matches("[data-auto-submit] select")) return;
  if (passing === select) select.form.classList.add("is-pending");
  else apply(select);
});
function apply(select) {
  memory.setItem(FOCUS, select.id);
  select.form.requestSubmit();
}
const FOCUS = "simple_queue_dashboard_focus", applied = memory.getItem(FOCUS);
memory.removeItem(FOCUS);
if (applied) document.getElementById(applied)?.focus({ preventScroll: true, focusVisible: true });
