// The one <dialog> of the page. It opens when htmx loads content into it; closing empties it and returns the focus.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  let opener = null;

  // A menu closes when the dialog opens, so the focus returns to the button of the menu.
  function focusTarget(element) {
    const menu = element.closest(".menu[popover]");
    const id = menu && CSS.escape(menu.id);
    return menu ? document.querySelector(`[popovertarget="${id}"], [aria-controls="${id}"]`) : element;
  }

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target === dialog && !dialog.open) opener = focusTarget(detail.elt);
  });

  // The dialog opens after htmx listens to the new form, so that no early key or click is lost.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target !== dialog || !dialog.childElementCount) return;
    if (!dialog.open) {
      dialog.showModal();
    } else if (!dialog.contains(document.activeElement) || document.activeElement === dialog) {
      focusFirstField();
    }
  });

  // After an answer with errors: the first field with an error, else the first choice, else the button.
  function focusFirstField() {
    const field = dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]");
    (field ?? dialog.querySelector("[data-submit]"))?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog-close]")) dialog.close();
  });

  dialog.addEventListener("close", () => {
    window.htmx?.trigger(dialog, "htmx:abort");
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
})();
