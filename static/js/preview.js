// While the server works: what is renewed is dimmed and busy, and the button that confirms is off. It is off as well
// while something blocks the change, while a reason is missing and, on narrow screens, until the preview was in view.
(() => {
  "use strict";

  const ENOUGH_PIXELS = 100;
  const waiting = new Map(); // the target of each request on its way
  const seen = new WeakSet(); // the beginnings of previews that were in view
  const watched = new WeakSet();
  const isNarrow = matchMedia("(width < 60rem)");

  // ---- requests on their way ----------------------------------------------------------------------------------------

  function isWaitingFor(element) {
    return [...waiting.values()].some((target) => element.contains(target));
  }

  // Pressing the button that confirms leaves the field that was typed in, which asks for a preview. It waits until the
  // button is let go, so that the press counts: the server compares what was seen, and shows the newer preview where it
  // says something else.
  let pressed = null;
  let held = null; // the form whose preview waits

  document.addEventListener("pointerdown", ({ target }) => (pressed = target.closest("[data-submit]:enabled")));
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(release)); // the click is first

  function release() {
    pressed = null;
    if (held && !isWaitingFor(held) && !isWriting(held)) held.dispatchEvent(new Event("change"));
    held = null;
    refresh();
  }

  // A preview that was asked for late would reach the server after the change, which has its own answer.
  const isWriting = (element) => element.closest(".dialog-form[aria-busy]") !== null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { detail } = event;
    if (detail.elt.id === "preview" && (pressed || isWriting(detail.elt))) {
      event.preventDefault();
      if (pressed) held = pressed.form;
      return;
    }
    const place = detail.elt.matches(".dialog-form") ? detail.elt : detail.target;
    waiting.set(detail.xhr, place);
    place.setAttribute("aria-busy", "true");
    refresh();
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const place = waiting.get(detail.xhr);
    waiting.delete(detail.xhr);
    if (place && ![...waiting.values()].includes(place) && !detail.xhr.getResponseHeader("HX-Redirect")) {
      place.removeAttribute("aria-busy");
    }
    refresh();
  });

  // A request whose element left the page ends without an event that gets here.
  function forgetGone() {
    for (const [xhr, place] of waiting) if (!place.isConnected) waiting.delete(xhr);
  }

  // ---- the button that confirms --------------------------------------------------------------------------------------

  const beginningOf = (form) => form.querySelector("#preview > header ~ :not(input), #preview > [role=status]");
  const reasonOf = (form) => form.querySelector("[name=reason]");
  const needsReason = (form) => form.querySelector("#reason-slot[data-required]") !== null;
  const isBlank = (field) => field !== null && !field.value.trim();

  function refresh() {
    forgetGone();
    for (const form of document.querySelectorAll("form.dialog-form")) {
      const beginning = beginningOf(form);
      if (beginning && !watched.has(beginning)) watch(beginning);
      const isUnseen = isNarrow.matches && beginning !== null && !seen.has(beginning);
      const reason = reasonOf(form);
      const lacksReason = needsReason(form) && isBlank(reason);
      if (reason) reason.ariaRequired = needsReason(form) ? "true" : null;
      const isBusy = form.closest("[aria-busy]") !== null || isWaitingFor(form);
      for (const button of form.querySelectorAll("[data-submit]")) {
        const isOff = button.matches("[data-blocked]") || isUnseen || lacksReason;
        button.disabled = isOff || (isBusy && button !== pressed);
      }
      for (const button of form.querySelectorAll("button[data-dialog-close]")) {
        button.disabled = form.hasAttribute("aria-busy");
      }
    }
  }

  // ---- the preview in view ------------------------------------------------------------------------------------------

  // The last of the screen does not count: the foot of a plain page lies over it.
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect } of entries) {
        if (intersectionRatio >= 0.5 || intersectionRect.height >= ENOUGH_PIXELS) seen.add(target);
      }
      refresh();
    },
    { rootMargin: "0px 0px -64px 0px", threshold: [0.1, 0.25, 0.5, 1] },
  );

  function watch(beginning) {
    watched.add(beginning);
    observer.observe(beginning);
  }

  document.addEventListener("click", ({ target }) => {
    if (!target.closest("[data-see-preview]")) return;
    const preview = target.closest("form").querySelector("#preview");
    preview.tabIndex = preview.tabIndex < 0 ? -1 : 0;
    preview.focus({ preventScroll: true });
    preview.scrollIntoView({ block: "start" });
  });

  // ---- the reason ---------------------------------------------------------------------------------------------------

  // The server says again what blocks the change when a needed reason comes or goes, not with each letter.
  const wasBlank = new WeakMap();

  document.addEventListener("input", ({ target }) => {
    const form = target.closest("form");
    if (!form || target.name !== "reason") return;
    if (needsReason(form) && isBlank(target) !== (wasBlank.get(target) ?? isBlank({ value: target.defaultValue }))) {
      window.htmx?.trigger(form.querySelector("#preview") ?? form, "reason");
    }
    wasBlank.set(target, isBlank(target));
    refresh();
  });

  document.addEventListener("htmx:afterSettle", refresh);
  isNarrow.addEventListener("change", refresh);
  refresh();
})();
