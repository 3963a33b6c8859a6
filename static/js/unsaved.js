// Forms with data-unsaved say when what is in them is not saved, and the browser asks before the page is left.
// data-unsaved="on" comes from the server: what it shows is not saved either.
(() => {
  "use strict";

  let isLeaving = false; // a form is sent: the page is left on purpose

  function isChanged(field) {
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (!field.options) return field.defaultValue !== undefined && field.value !== field.defaultValue;
    const standard = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(standard, 0);
  }

  // Fields that stand elsewhere on the page choose what is shown, and are not saved.
  function isUnsaved(form) {
    if (form.dataset.unsaved === "on") return true;
    return [...form.elements].some((field) => form.contains(field) && isChanged(field));
  }

  function show(form) {
    const unsaved = isUnsaved(form);
    for (const note of document.querySelectorAll(`[data-unsaved-note="${CSS.escape(form.id)}"]`)) note.hidden = !unsaved;
  }

  const forms = () => [...document.querySelectorAll("form[data-unsaved]")];

  document.addEventListener("input", ({ target }) => {
    if (!target.form?.matches("[data-unsaved]")) return;
    isLeaving = false; // what was sent before led nowhere, such as a file to keep
    show(target.form);
  });
  document.addEventListener("submit", (event) => {
    isLeaving = !event.defaultPrevented && !event.target.matches("[hx-post], [hx-get]");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-discard-unsaved]")) isLeaving = true;
  });
  // A dialog that is carried out leads to another page; one that is refused stays. Other requests, such as the picture
  // that follows what is chosen, may end while a form is being sent, and say nothing about leaving.
  const isOfDialog = ({ requestConfig, target }) => requestConfig?.verb === "post" && target?.id === "dialog";

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (isOfDialog(detail)) isLeaving = true;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (isOfDialog(detail) && !detail.xhr?.getResponseHeader("HX-Redirect")) isLeaving = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && forms().some(isUnsaved)) event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    isLeaving = false;
    forms().forEach(show); // a browser may bring back what was typed
  });
})();
