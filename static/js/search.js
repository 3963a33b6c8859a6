// The search of the header as a combobox: htmx fills the list, arrow keys choose, Enter opens the first or the chosen
// hit, and waits for the list where it is not there yet. The right arrow goes to what can be done with a hit.
(() => {
  "use strict";

  const PATIENCE_MILLISECONDS = 4000; // after which Enter goes to the page of results

  const field = document.querySelector("[data-combobox]");
  const list = field && document.getElementById(field.getAttribute("aria-controls"));
  const box = list?.closest("[data-found]");
  if (!box) return;

  let asked = null; // the text of the newest request
  let shown = null; // the text that the list is about
  let waiting = 0; // the timer of an Enter that waits for the list
  let isDismissed = false; // Esc closed the list of this text

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-haspopup", "listbox");

  const heads = () => [...list.querySelectorAll("[role=option]:not(.hit-action)")];
  const chosen = () => list.querySelector("[aria-selected=true]");
  const rowOf = (option) => option?.closest("[data-hit]");
  const headOf = (option) => rowOf(option)?.querySelector("[role=option]") ?? option;
  const firstHit = () => list.querySelector("[data-hit] [role=option]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  function open() {
    const isOpen = heads().length > 0 && document.activeElement === field;
    box.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    choose(isOpen ? firstHit() : null);
  }

  function close() {
    box.hidden = true;
    field.setAttribute("aria-expanded", "false");
    choose(null);
  }

  function moveDown(step) {
    if (box.hidden) {
      open();
      if (chosen()) return;
    }
    const all = heads();
    if (box.hidden || !all.length) return;
    const here = all.indexOf(headOf(chosen()));
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
    choose(all[next] ?? null); // past either end no option is chosen
  }

  // Returns false where the key is the field's own: the caret is within the text, or nothing is chosen.
  function moveAside(step) {
    const row = box.hidden ? null : rowOf(chosen());
    if (!row) return false;
    const options = [...row.querySelectorAll("[role=option]")];
    const here = options.indexOf(chosen());
    const isAtEnd = field.selectionStart === field.value.length;
    if (step > 0 ? !isAtEnd : here === 0) return false;
    choose(options[here + step] ?? chosen());
    return true;
  }

  // Returns false where the form is sent, which leads to the page of results.
  function enter() {
    if (shown === field.value) {
      const option = box.hidden ? null : chosen();
      option?.click();
      return Boolean(option);
    }
    if (isDismissed || !window.htmx || !field.value.trim()) return false;
    if (!waiting) waiting = setTimeout(() => field.form.submit(), PATIENCE_MILLISECONDS);
    return true;
  }

  function stopWaiting() {
    clearTimeout(waiting);
    waiting = 0;
  }

  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") moveDown(1);
    else if (event.key === "ArrowUp") moveDown(-1);
    else if (event.key === "ArrowRight" && !event.shiftKey && moveAside(1));
    else if (event.key === "ArrowLeft" && !event.shiftKey && moveAside(-1));
    else if (event.key === "Enter" && enter());
    else if (event.key === "Escape" && !box.hidden) {
      isDismissed = true;
      close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener("input", () => {
    isDismissed = false;
    stopWaiting();
  });
  field.addEventListener("focus", open);
  field.form.addEventListener("focusout", (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) close();
  });
  box.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus until the click
  list.addEventListener("click", (event) => event.target.closest("[hx-get]") && close()); // its dialog opens

  field.addEventListener("htmx:beforeRequest", () => {
    asked = field.value;
    field.setAttribute("aria-busy", "true");
  });
  field.addEventListener("htmx:afterRequest", ({ detail }) => {
    field.removeAttribute("aria-busy");
    if (waiting && detail.failed && asked === field.value) field.form.submit();
  });
  list.addEventListener("htmx:afterSwap", () => {
    shown = asked;
    if (!isDismissed) open();
    if (!waiting || shown !== field.value) return;
    stopWaiting();
    const hit = firstHit();
    if (hit) hit.click();
    else field.form.submit();
  });

  // The dialog of a hit gives the focus back to the field, which keeps it while hits are chosen.
  document.getElementById("dialog").addEventListener("close", () => {
    if (list.contains(document.activeElement)) field.focus();
  });
})();
