// The page of one task: copying, and a live log that follows its end until its reader scrolls away or selects.
document.documentElement.dataset.js = "";
const following = new Map();

function settle() {
  for (const button of all("[data-follow]")) {
    const place = button.dataset.follow, log = $(place);
    if (!following.has(place)) following.set(place, true);
    button.setAttribute("aria-pressed", following.get(place));
    if (!log) continue;
    if (following.get(place) && !selecting(log)) log.scrollTop = log.scrollHeight;
    if (!log.dataset.watched) watch(log, place);
  }
}
function watch(log, place) {
  log.dataset.watched = "";
  log.addEventListener("scroll", () => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    if (!selecting(log) && atEnd === following.get(place)) return;
    following.set(place, atEnd);
    $(`[data-follow="${place}"]`)?.setAttribute("aria-pressed", atEnd);
  });
}
function selecting(log) {
  const chosen = getSelection();
  return !chosen.isCollapsed && log.contains(chosen.anchorNode);
}
function copy(button) {
  const place = button.dataset.copy, source = place.startsWith("#") ? $(place) : null;
  const text = source?.textContent ?? place;
  const done = () => { button.dataset.copied = ""; setTimeout(() => delete button.dataset.copied, 2000); };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
  else if (source) getSelection().selectAllChildren(source);
}
document.addEventListener("click", event => {
  const copier = event.target.closest("[data-copy]"), follower = event.target.closest("[data-follow]");
  if (copier) copy(copier);
  if (!follower) return;
  following.set(follower.dataset.follow, !following.get(follower.dataset.follow));
  settle();
});
document.addEventListener("htmx:after:swap", settle);
settle();
