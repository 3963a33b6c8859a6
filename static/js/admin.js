// The boxes that Django's admin makes of selects (Select2) take their name from what is chosen alone: none where nothing
// is. Here they are named by the label of their field too.
(() => {
  "use strict";

  const nameBoxes = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.parentElement.querySelector("[role=combobox]");
      const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
      if (!box || !label) continue;
      label.id ||= `label-of-${select.id}`;
      const chosen = box.querySelector("[role=textbox]");
      chosen?.setAttribute("aria-labelledby", label.id);
      box.setAttribute("aria-labelledby", [label.id, chosen?.id].filter(Boolean).join(" "));
    }
  };

  // The boxes are made some time after the page is loaded, and with each row that is added.
  nameBoxes();
  new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
})();
