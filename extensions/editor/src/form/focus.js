// Giving the keys to a control, also to a code editor that is about to be made.

const MARK = "wantsFocus";

/** Focus the first of what `selector` finds in `element`; a code editor that is not made yet takes it when it is. */
export function focusFirst(element, selector) {
  const code = element?.querySelector(".ff-code");
  const found = element?.querySelector(selector);
  const isFirst = code && !code.querySelector(".cm-content") && (!found || code.compareDocumentPosition(found) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (isFirst) code.dataset[MARK] = "yes";
  else found?.focus();
}

/** Whether a code editor was to have the keys while it was made; asked once. */
export function takeFocus(element) {
  const wants = element.dataset[MARK] === "yes";
  delete element.dataset[MARK];
  return wants;
}
