// The page of one task: copying, and a live log that follows its end until its reader scrolls away or selects.
document.documentElement.dataset.js = "";
const following = new Map(), watched = new WeakSet();

function settle() {
  for (const button of all("[data-follow]")) {
    const place = button.dataset.follow, log = $(place);
    if (!following.has(place)) following.set(place, true);
    button.setAttribute("aria-pressed", following.get(place));
    if (!log) continue;
    if (following.get(place) && !selecting(log)) log.scrollTop = log.scrollHeight;
    if (!watched.has(log)) watch(log, place);
  }
}
function watch(log, place) {
  watched.add(log);
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
  const place = button.dataset.copy, text = /^#[\w-]+$/.test(place) ? $(place).textContent : place;
  const done = () => {
    button.dataset.copied = "";
    setTimeout(() => delete button.dataset.copied, 2000);
    $("#verdict").textContent = $("#verdict").dataset.copyDone;
  };
  const otherwise = () => { if (copyByHand(text, button)) done(); };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, otherwise);
  else otherwise();
}
// without https a page has no clipboard, but what is selected can be copied
function copyByHand(text, button) {
  const area = document.createElement("textarea");
  area.value = text;
  button.after(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  button.focus();
  return copied;
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
