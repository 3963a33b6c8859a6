// Names the admin's boxes that find rows as people type: the script that draws them leaves an empty one without a name.
window.addEventListener("load", () => {
  for (const field of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${field.id}"]`);
    const shown = document.getElementById(`select2-${field.id}-container`);
    if (!label || !shown) continue;
    label.id ||= `label-${field.id}`;
    for (const box of [shown, shown.closest("[role=combobox]")]) {
      box?.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
  }
});
