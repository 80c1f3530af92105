// Start an island on every element that matches, now and after htmx has swapped new ones in.
export function onElements(selector, start) {
  const run = (root) => {
    const found = root.matches?.(selector) ? [root] : [];
    for (const element of [...found, ...(root.querySelectorAll?.(selector) ?? [])]) {
      const mark = `island${selector}`;
      if (element[mark]) continue;
      element[mark] = true;
      start(element);
    }
  };
  run(document);
  document.addEventListener("htmx:after:swap", () => run(document));
}

// Say something to screen readers without moving the focus.
export function announce(text) {
  const region = document.getElementById("announcements");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}
