// The record picker of the share page.
//
// <form data-picker="record" data-most="100">: check boxes named "record"; inside, [data-all] is a check box for
// all (as many as may be chosen), [data-count] tells how many are chosen, and buttons with [data-needs-one] wait for one.

function start(form) {
  const boxes = [...form.querySelectorAll(`input[type=checkbox][name="${form.dataset.picker}"]`)];
  const all = form.querySelector("[data-all]");
  const count = form.querySelector("[data-count]");
  const most = Number(form.dataset.most) || Infinity;
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (count) count.textContent = String(chosen);
    if (all) {
      const fit = Math.min(boxes.length, most);
      all.checked = chosen > 0 && chosen === fit;
      all.indeterminate = chosen > 0 && chosen < fit;
    }
    for (const box of boxes) box.disabled = !box.checked && chosen >= most;
    for (const button of form.querySelectorAll("[data-needs-one]")) button.disabled = chosen === 0;
  };
  if (all) {
    (all.closest("label") ?? all).hidden = boxes.length < 2;
    all.addEventListener("change", () => {
      boxes.forEach((box, place) => { box.checked = all.checked && place < most; });
      tell();
    });
  }
  form.addEventListener("change", tell);
  tell();
}

for (const form of document.querySelectorAll("form[data-picker]")) start(form);
