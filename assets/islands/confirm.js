// <form data-confirm="Really?" data-confirm-do="Stop sharing">: asks in a dialog before it submits.
// Without scripts the form submits at once.
export function startConfirm() {
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  let waiting = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-confirm]") || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopPropagation();
    waiting = { form, submitter: event.submitter };
    dialog.querySelector("[data-question]").textContent = form.dataset.confirm;
    dialog.querySelector("[data-do]").textContent = form.dataset.confirmDo || event.submitter?.textContent.trim() || "OK";
    dialog.returnValue = "";
    dialog.showModal();
  }, true);
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes" || !waiting) return;
    const { form, submitter } = waiting;
    waiting = null;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter?.form === form ? submitter : undefined);
    delete form.dataset.confirmed;
  });
}
