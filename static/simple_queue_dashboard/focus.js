// ---- focus: it stays where somebody acts, though the button that was pressed may be gone, or its row
const place = { id: "", row: "", index: -1 };
const lines = () => [...all("#live tbody tr")];

document.addEventListener("click", event => {
  const pressed = event.target.closest("#live :is(a, button)");
  if (!pressed) return;
  const row = pressed.closest("#bulk") ? $("#rows tbody tr:has(:checked)") : pressed.closest("tbody tr");
  Object.assign(place, { id: pressed.id, row: row?.id ?? "", index: lines().indexOf(row) });
}, true);

const ACTIONS = [".act [data-undo]", ".act :is(a, button, summary)", "a.task"]; // Undo stays longer than what stands beside it
const canTake = element => element?.checkVisibility({ visibilityProperty: true }) && !element.matches(":disabled, [tabindex='-1']");
function candidates() {
  if ($("dialog[open]")) return [...all("dialog[open] :is([aria-invalid=true], input, button)")];
  const list = lines(), row = document.getElementById(place.row);
  const near = row ?? list[Math.min(place.index, list.length - 1)];
  const onward = near ? list.slice(list.indexOf(near)) : [];
  const ofRows = onward.flatMap(each => ACTIONS.flatMap(selector => [...all(selector, each)]));
  const ofPage = ["#live [data-undo]", "#live .tabs [aria-current]", "#live :is(.actions, .end) :is(a, button, summary)"];
  return [document.getElementById(place.id), ...ofRows, ...ofPage.flatMap(selector => [...all(selector)])];
}
function regainFocus() {
  if (document.activeElement !== document.body && canTake(document.activeElement)) return;
  const next = candidates().find(canTake) ?? $("#main");
  if (next.id === "main") next.tabIndex = -1;
  next.focus({ preventScroll: true });
}
document.addEventListener("htmx:after:swap", event => {
  const { sourceElement, target } = event.detail.ctx ?? {};
  if (sourceElement !== live && [live, $("#dialog")].includes(target)) regainFocus();
});
$("#dialog")?.addEventListener("close", regainFocus);
