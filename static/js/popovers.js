// Menus with arrow keys, and tooltips in browsers without interestfor.
(() => {
  "use strict";

  // ---- menus ------------------------------------------------------------------------------------------------------

  function itemsOf(menu) {
    const items = menu.querySelectorAll("a[href], button:not(:disabled), input:not(:disabled)");
    return [...items].filter((item) => item.checkVisibility());
  }

  function moveFocus(event, menu) {
    const items = itemsOf(menu);
    const here = items.indexOf(document.activeElement);
    const places = { ArrowDown: here + 1, ArrowUp: here < 0 ? -1 : here - 1, Home: 0, End: -1 };
    if (!items.length || !(event.key in places)) return;
    event.preventDefault();
    items.at(places[event.key] % items.length).focus();
  }

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".menu[popover]");
    if (menu) return moveFocus(event, menu);
    const trigger = event.target.closest("[popovertarget]");
    const below = trigger && document.getElementById(trigger.getAttribute("popovertarget"));
    if (!below?.matches(".menu") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    if (!below.matches(":popover-open")) below.showPopover();
    moveFocus(event, below);
  });

  // ---- menus of rows: loaded when they open, into the one menu of the page ------------------------------------------

  function openMenu(menu, link) {
    document.querySelector(`[aria-controls="${CSS.escape(menu.id)}"]`)?.removeAttribute("aria-controls");
    link.setAttribute("aria-controls", menu.id);
    const keyboard = link.matches(":focus-visible");
    menu.replaceChildren();
    menu.setAttribute("aria-busy", "true");
    window.htmx.ajax("GET", link.href, { target: menu, source: link, swap: "innerHTML" }).then(() => {
      menu.removeAttribute("aria-busy");
      if (!menu.childElementCount || !link.isConnected) return;
      menu.showPopover({ source: link });
      if (keyboard) itemsOf(menu)[0]?.focus();
    });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-menu]");
    const menu = link && document.getElementById(link.dataset.menu);
    if (!menu || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (menu.matches(":popover-open")) menu.hidePopover();
    openMenu(menu, link);
  });

  // ---- tooltips ---------------------------------------------------------------------------------------------------

  const native = "interestForElement" in HTMLButtonElement.prototype;
  const tipOf = (element) => document.getElementById(element?.getAttribute("interestfor"));
  const triggerOf = (event) => event.target.closest?.("[interestfor]");

  function show(trigger) {
    const tip = tipOf(trigger);
    if (!tip || tip.matches(":popover-open")) return;
    hideAll();
    tip.showPopover({ source: trigger });
  }

  function hideAll() {
    for (const tip of document.querySelectorAll(".tip:popover-open")) tip.hidePopover();
  }

  if (!native) {
    document.addEventListener("mouseover", (event) => triggerOf(event) && show(triggerOf(event)));
    document.addEventListener("mouseout", (event) => {
      const anchor = event.target.closest?.(".anchor");
      if (anchor && !anchor.contains(event.relatedTarget)) hideAll();
    });
    document.addEventListener("focusin", (event) => {
      const trigger = triggerOf(event);
      if (trigger?.matches(":focus-visible")) show(trigger);
    });
    document.addEventListener("focusout", (event) => triggerOf(event) && hideAll());
    document.addEventListener("keydown", (event) => event.key === "Escape" && hideAll());
  }

  // On a touch screen the first tap on a link shows its tooltip, and the second follows the link.
  document.addEventListener(
    "click",
    (event) => {
      const trigger = triggerOf(event);
      if (!trigger) return event.pointerType === "touch" && hideAll();
      if (event.pointerType !== "touch" || !tipOf(trigger) || trigger.hasAttribute("popovertarget")) return;
      if (tipOf(trigger).dataset.seen === "") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      show(trigger);
      tipOf(trigger).dataset.seen = "";
    },
    { capture: true },
  );
  document.addEventListener(
    "toggle",
    (event) => event.newState === "closed" && event.target.matches(".tip") && delete event.target.dataset.seen,
    { capture: true },
  );
})();
