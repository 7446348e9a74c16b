// ---- focus: it stays where somebody is, though what had it may be gone, or its row
const lines = () => [...all("#live tbody tr")];
const byId = id => document.getElementById(id);
const PARTS = "#live, #pauses", USED = ":is(a, button, summary, input, select)";

function whereabouts(element, row = element.closest("tbody tr")) {
  const around = [];
  for (let each = element; !each.matches(PARTS); each = each.parentElement) if (each.id) around.push(each.id);
  return { id: element.id, around, row: row?.id ?? "", index: lines().indexOf(row), inPauses: Boolean(element.closest("#pauses")) };
}
let pressed = { id: "", around: [], row: "", index: -1 };
let before = null;  // where the focus was before an update
let given = { own: false };  // the element that the focus was last given to, and whether after what one did oneself

document.addEventListener("click", event => {
  const button = event.target.closest(`:is(${PARTS}) :is(a, button)`);
  if (!button) return;
  pressed = whereabouts(button, button.closest("#bulk") ? $("#rows tbody tr:has(:checked)") : undefined);
  given = { own: false };
}, true);

const ACTIONS = [".act [data-undo]", ".act :is(a, button, summary)", "a.task"]; // Undo stays longer than what stands beside it
const canTake = element => element?.checkVisibility({ visibilityProperty: true }) && !element.matches(":disabled, [tabindex='-1']");
// what one did goes on with the next row's action; what came by itself with its link only, lest a key meet another task
function candidates(place, own) {
  if ($("dialog[open]")) return all("dialog[open] :is([aria-invalid=true], input, button)");
  if (place.inPauses) return [byId(place.id), ...(own ? all("[data-resume]") : []), ...all(`#main ${USED}:not(#pauses *)`)];
  const list = lines(), row = byId(place.row);
  const near = row ?? list[Math.min(place.index, list.length - 1)];
  const onward = near ? list.slice(list.indexOf(near)) : [];
  const ofRows = onward.flatMap(each => (own || each === row ? ACTIONS : ["a.task"]).flatMap(selector => [...all(selector, each)]));
  const beside = own ? all("#live [data-undo]") : place.around.map(byId).filter(Boolean).flatMap(each => [...all(USED, each)]);
  const ofPage = ["#live .tabs [aria-current]", "#live :is(.actions, .end, .empty) :is(a, button, summary)"];
  return [byId(place.id), ...ofRows, ...beside, ...ofPage.flatMap(selector => [...all(selector)])];
}
// an update between a click and its answer may have given the focus away: the answer decides
function regainFocus(place, own) {
  const focused = document.activeElement;
  if (focused !== document.body && canTake(focused) && !(own && byUpdate(focused))) return;
  const next = [...candidates(place, own)].find(canTake) ?? $("#main");
  if (next.id === "main") next.tabIndex = -1;
  given = { element: next, own };
  next.focus({ preventScroll: true });
}
const byUpdate = element => element === given.element && !given.own;
document.addEventListener("focusin", event => { if (event.target !== given.element) given = { own: false }; });
document.addEventListener("htmx:before:swap", event => {
  if (event.detail.ctx?.sourceElement !== live) return;
  const focused = document.activeElement;
  before = focused.parentElement?.closest(PARTS) ? whereabouts(focused) : null;
});
document.addEventListener("htmx:after:swap", event => {
  const { sourceElement, target } = event.detail.ctx ?? {};
  if (![live, $("#dialog")].includes(target)) return;
  if (sourceElement !== live) regainFocus(pressed, true);
  else if (before) regainFocus(before, false);
});
$("#dialog")?.addEventListener("close", () => regainFocus(pressed, true));
