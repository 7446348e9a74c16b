// Everything here is an enhancement: each page works without it. Plain scripts, deferred, in the order of document.html;
// they share these names.
const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => root.querySelectorAll(selector);
const live = $("#live"), connection = $("#connection");

// ---- small things
document.addEventListener("click", event => {
  const closer = event.target.closest("[data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    closer.closest("[data-toast]")?.remove();
  }
  if (event.target.closest("[data-clear-selection]")) { event.preventDefault(); clearSelection(); }
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
$("#dialog")?.addEventListener("close", event => event.target.replaceChildren());
$("[data-theme-form]")?.addEventListener("submit", event => {
  event.preventDefault();
  const root = document.documentElement, themes = ["", "light", "dark"];
  const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
  next ? (root.dataset.theme = next) : delete root.dataset.theme;
  remember("theme", next);
});
// a choice of this browser, in the cookie of preferences.py: set here, it holds even for a reload in the same moment
function remember(name, value) {
  document.cookie = `simple_queue_dashboard_${name}=${value}; path=/; max-age=31536000; samesite=lax`;
}
// what this tab remembers; where the browser keeps nothing, until the page is left
const memory = (() => {
  try {
    sessionStorage.getItem("");
    return sessionStorage;
  } catch {
    const kept = new Map();
    return { getItem: name => kept.get(name), setItem: (name, value) => kept.set(name, value), removeItem: name => kept.delete(name) };
  }
})();
for (const current of all(".nav [aria-current], .tabs [aria-current], .picker [aria-current]")) {
  const parent = current.parentElement;
  parent.scrollTo(current.offsetLeft - parent.offsetLeft - parent.clientWidth / 3, current.offsetTop - parent.offsetTop - parent.clientHeight / 3);
}

document.addEventListener("focusout", event => {
  const form = event.target.closest("form.is-asked");
  if (!form?.contains(event.relatedTarget)) form?.classList.remove("is-asked");
});
