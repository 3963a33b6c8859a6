// The one <dialog> of the page. It opens when htmx loads content into it; closing empties it and returns the focus.
(() => {
  "use strict";

  const WAIT_MILLISECONDS = 80; // an answer sooner than this opens the dialog without a skeleton
  const TYPED = "textarea, input:not([type=radio], [type=checkbox], [type=hidden], [type=file])";

  const dialog = document.getElementById("dialog");
  let opener = null;
  let opening = null; // the request for the content
  let timer = 0;
  let wasTyped = false; // before the server renewed the content

  // ---- opening: at once, with a skeleton until the content is there -------------------------------------------------

  // A menu closes when the dialog opens, so the focus returns to the button of the menu.
  function focusTarget(element) {
    const menu = element.closest(".menu[popover]");
    const id = menu && CSS.escape(menu.id);
    return menu ? document.querySelector(`[popovertarget="${id}"], [aria-controls="${id}"]`) : element;
  }

  function showSkeleton(link) {
    dialog.replaceChildren(document.getElementById("dialog-skeleton").content.cloneNode(true));
    const skeleton = dialog.firstElementChild;
    if (link.matches("[data-wide]")) skeleton.dataset.size = "wide";
    const heading = skeleton.querySelector("h1");
    heading.id = "dialog-title";
    if (link.matches("a, button")) heading.textContent = (link.getAttribute("aria-label") ?? link.textContent).trim();
    dialog.showModal();
  }

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target !== dialog || dialog.open) return;
    opener = focusTarget(detail.elt);
    opening = detail.xhr;
    clearTimeout(timer);
    timer = setTimeout(() => dialog.open || showSkeleton(detail.elt), WAIT_MILLISECONDS);
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target !== dialog) return;
    clearTimeout(timer);
    opening = null;
    const goesOn = detail.xhr.getResponseHeader("HX-Redirect");
    if (dialog.querySelector(":scope > .dialog-wait") && !goesOn) dialog.close();
  });

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === dialog && dialog.open) wasTyped ||= hasTyped();
  });

  // The dialog opens after htmx listens to the new form, so that no early key or click is lost.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target !== dialog || !dialog.childElementCount) return;
    if (!dialog.open) dialog.showModal();
    else if ([409, 422].includes(detail.xhr?.status)) focusRefusal(dialog);
    else if (!dialog.contains(document.activeElement) || document.activeElement === dialog) {
      const wanted = ["[autofocus]", "[data-submit]:enabled", "[data-dialog-close]"];
      wanted.map((each) => dialog.querySelector(each)).find(Boolean)?.focus();
    }
  });

  // ---- after a refusal: the first invalid field, else the words that say why --------------------------------------

  function focusRefusal(root) {
    const invalid = root.querySelector("[data-invalid], [aria-invalid=true]");
    const inside = (selectors) => (invalid?.matches(selectors) ? invalid : invalid?.querySelector(selectors));
    const field =
      inside("input:checked:enabled") ?? inside(":is(input:not([type=hidden]), select, textarea, button):enabled");
    const place = field ?? root.querySelector("[role=alert], #problems");
    if (!place) return;
    if (!field) place.tabIndex = -1;
    for (let each = place.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
    place.focus({ preventScroll: true });
    (invalid ?? place).scrollIntoView({ block: "center" });
  }

  const main = document.getElementById("main");
  if (main?.querySelector("form :is([data-invalid], [aria-invalid=true])")) focusRefusal(main);

  // ---- Enter in a list of choices or a search moves on, and never applies -------------------------------------------

  function nextControl(control) {
    const all = [...control.form.querySelectorAll("input, select, textarea, button, a[href], [tabindex='0']")];
    const later = all.slice(all.indexOf(control) + 1);
    const isOfSameList = (each) => each.type === "radio" && each.name === control.name;
    return later.find((each) => !each.disabled && each.checkVisibility() && !isOfSameList(each));
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (!event.target.matches(".dialog-form input:is([type=radio], [type=checkbox], [type=search])")) return;
    event.preventDefault();
    if (event.target.type !== "search") nextControl(event.target)?.focus();
  });

  // ---- closing: asks where something was typed, and waits while the server writes -----------------------------------

  const isTyped = (field) => field.value !== field.defaultValue;
  const isChosen = (field) => field.checked !== field.defaultChecked;
  const hasTyped = () => wasTyped || [...dialog.querySelectorAll(TYPED)].some(isTyped);
  const hasChosen = () => [...dialog.querySelectorAll("[type=radio], [type=checkbox]")].some(isChosen);
  const isWriting = () => dialog.querySelector(":scope > .dialog-form[aria-busy]") !== null;
  let keepEditing = null; // takes the question away again

  function ask() {
    const focused = document.activeElement;
    const content = [...dialog.children];
    content.forEach((each) => (each.inert = true));
    dialog.append(document.getElementById("discard-question").content.cloneNode(true));
    const question = dialog.lastElementChild;
    keepEditing = () => {
      keepEditing = null;
      question.remove();
      content.forEach((each) => (each.inert = false));
      focused?.focus();
    };
    question.querySelector("[data-keep]").focus();
  }

  function requestClose(asks = hasTyped()) {
    if (keepEditing) keepEditing();
    else if (isWriting()) return;
    else if (asks) ask();
    else dialog.close();
  }

  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-dialog-close]")) requestClose();
    else if (target.closest("[data-keep]")) keepEditing();
    else if (target.closest("[data-discard]")) dialog.close();
  });

  // The key itself, because browsers let a page refuse only the first of two "cancel" events.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !dialog.open || event.defaultPrevented) return;
    if (dialog.querySelector(":popover-open")) return; // a tooltip or menu closes first
    event.preventDefault();
    requestClose();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    requestClose();
  });

  // A click on the backdrop: pressed and released outside, so that a text selection that ends there closes nothing.
  let pressedOutside = false;

  function isOutside(event) {
    const box = dialog.getBoundingClientRect();
    const isInside =
      event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    return event.target === dialog && !isInside;
  }

  dialog.addEventListener("pointerdown", (event) => (pressedOutside = isOutside(event)));
  dialog.addEventListener("click", (event) => {
    if (pressedOutside && isOutside(event) && !keepEditing) requestClose(hasTyped() || hasChosen());
  });

  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    opening?.abort();
    opening = null;
    wasTyped = false;
    keepEditing = null;
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
})();
