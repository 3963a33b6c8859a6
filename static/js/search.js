// The search of the header as a combobox: htmx fills the list, arrow keys and Enter choose, Esc closes.
(() => {
  "use strict";

  const field = document.querySelector("[data-combobox]");
  const list = field && document.getElementById(field.getAttribute("aria-controls"));
  if (!list) return;

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function open() {
    const isOpen = options().length > 0 && document.activeElement === field;
    list.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    choose(null);
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(null);
  }

  function move(step) {
    if (list.hidden) open();
    const all = options();
    if (list.hidden || !all.length) return;
    const here = all.indexOf(chosen());
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    choose(all[next] ?? null); // past either end no option is chosen
  }

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && chosen()) chosen().click();
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("focus", open);
  field.closest("form").addEventListener("focusout", (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus until the click
  list.addEventListener("htmx:afterSwap", open);
})();
