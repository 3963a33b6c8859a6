// The one <dialog> of the page. Whatever htmx loads into it opens it; closing empties it and gives the focus back.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  let opener = null;

  // A menu closes when the dialog opens, so the focus goes back to the three dots that opened the menu.
  function placeToReturnTo(element) {
    const menu = element.closest(".menu[popover]");
    return menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : element;
  }

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target === dialog && !dialog.open) opener = placeToReturnTo(detail.elt);
  });

  // Only once htmx listens to the new form: what people type or press right away must not be lost on it.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target !== dialog || !dialog.childElementCount) return;
    if (!dialog.open) {
      dialog.showModal();
    } else if (!dialog.contains(document.activeElement) || document.activeElement === dialog) {
      focusWhatNeedsAnAnswer();
    }
  });

  // After a refused form: the first field with a mistake, else the first choice.
  function focusWhatNeedsAnAnswer() {
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
