// The behaviour of every page: toasts, single keys, copying, printing, filters that submit themselves.
(() => {
  "use strict";

  document.documentElement.dataset.scripts = "";

  const TOAST_MILLISECONDS = 6000;
  const MILLISECONDS_A_LETTER = 70;

  // ---- toasts: short messages ---------------------------------------------------------------------------------------

  function showToast(text, tone) {
    const toasts = document.getElementById("toasts");
    const toast = document.createElement("div");
    toast.className = "toast";
    if (tone) toast.dataset.tone = tone;
    toast.textContent = text;
    if (toasts.matches(":popover-open")) toasts.hidePopover(); // a popover shown again is above an open dialog
    toasts.showPopover();
    toasts.append(toast);
    setTimeout(() => {
      toast.remove();
      if (!toasts.childElementCount && toasts.matches(":popover-open")) toasts.hidePopover();
    }, Math.max(TOAST_MILLISECONDS, text.length * MILLISECONDS_A_LETTER));
  }

  // ---- failed requests: a toast; the typed texts stay --------------------------------------------------------------

  const REASONS = {
    403: "You may not do this. If you should, ask an administrator for the permission.",
    404: "This is no longer there. Reload the page to see what is.",
    413: "That is too large to send. Shorten it and try again.",
    503: "The database cannot be reached right now. Try again in half a minute.",
  };

  // The page of a refusal names the permission that is missing, and who gives it.
  function refusalIn(html) {
    return new DOMParser().parseFromString(html, "text/html").querySelector("[data-refusal]")?.textContent.trim();
  }

  document.addEventListener("htmx:responseError", ({ detail }) => {
    const refusal = detail.xhr.status === 403 && refusalIn(detail.xhr.responseText);
    if (refusal) return showToast(refusal, "stop");
    showToast(REASONS[detail.xhr.status] ?? "Something went wrong and nothing was changed. Try again.", "stop");
  });
  document.addEventListener("htmx:sendError", () => {
    showToast("Upshift cannot be reached. Check the connection and try again.", "stop");
  });

  // ---- keys: "/" and Ctrl+K go to the search of everything, "f" to the search of the list, "?" shows the list of keys,
  // "g" and a letter go to a page, and the letters of links and buttons (data-key) press them -----------------------

  const LETTER_MILLISECONDS = 1500;
  let goingSince = -Infinity;

  function focusSearch(key) {
    const fields = [...document.querySelectorAll(`[data-search="${key}"]`)];
    const field = fields.find((search) => search.checkVisibility());
    field?.focus();
    field?.select();
    return Boolean(field);
  }

  // On a phone the search of everything is a page of its own.
  function searchEverything() {
    const dialog = document.querySelector("dialog[open]");
    dialog?.requestClose ? dialog.requestClose() : dialog?.close();
    if (dialog?.open) return; // it asks whether to discard what was typed
    const go = () => focusSearch("/") || document.querySelector("[data-search-page]")?.click();
    if (dialog) dialog.addEventListener("close", go, { once: true }); // after the focus went back to the opener
    else go();
  }

  function showShortcuts() {
    const link = document.querySelector("[data-shortcuts]");
    if (link) window.htmx?.ajax("GET", link.href, { target: "#dialog", source: document.activeElement });
    return Boolean(link);
  }

  function goTo(letter) {
    const link = document.querySelector(`[data-goto="${CSS.escape(letter)}"]`);
    link?.click();
    return Boolean(link);
  }

  function press(key) {
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
    const control = found.find((each) => each.checkVisibility()) ?? found.find((each) => each.closest("#menu-entitlement"));
    control?.focus();
    control?.click();
    return Boolean(control);
  }

  function handle(key) {
    const going = performance.now() - goingSince < LETTER_MILLISECONDS;
    goingSince = key === "g" && !going ? performance.now() : -Infinity;
    if (going) return goTo(key);
    if (key === "/") return searchEverything() ?? true;
    if (key === "?") return showShortcuts();
    return (key === "f" && focusSearch("f")) || press(key);
  }

  // Works in fields and dialogs too; people may switch off single keys, not this one.
  document.addEventListener("keydown", (event) => {
    if (event.key?.toLowerCase() !== "k" || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
    if (!document.querySelector("[data-search='/'], [data-search-page]")) return;
    event.preventDefault();
    searchEverything();
  });

  // Ctrl+Enter presses the button of a dialog from anywhere in it; a disabled button stays as it is.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
    const button = event.target.closest(".dialog-form")?.querySelector("[data-submit]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (document.body.matches("[data-shortcuts-off]") || document.querySelector("dialog[open]")) return;
    if (handle(event.key)) event.preventDefault();
  });

  // ---- parts that replace the form that was sent: the focus goes to what data-refocus names -------------------------

  let refocus = "";

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.elt.matches("[data-refocus]")) refocus = detail.elt.dataset.refocus;
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const field = refocus && document.getElementById(refocus);
    if (!field || !detail.elt.contains(field)) return;
    refocus = "";
    const isLost = [document.body, null, field].includes(document.activeElement); // people may have gone on elsewhere
    if (!isLost) return;
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
  });

  // ---- copying ----------------------------------------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    button.closest("[popover]")?.hidePopover();
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      showToast(button.dataset.copied ?? `Copied ${button.dataset.copy}`);
    } catch {
      showToast(`The browser does not allow copying. The text is: ${button.dataset.copy}`);
    }
  });

  // ---- printing -----------------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // ---- filters that submit themselves -----------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.type !== "search") form.requestSubmit();
  });
})();
