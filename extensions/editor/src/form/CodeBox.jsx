// A code editor as a form control: one line or many, plain template, expression, Python, SQL or JSON. What it is made
// of comes a moment later than the rest of the screen; until then the text is shown as it is.

import { useEffect, useRef, useState } from "react";
import { loadCode } from "../code/load.js";
import { useSession } from "../ui/parts.jsx";
import { takeFocus } from "./focus.js";

export function CodeBox({ value, onChange, language = "template", lines = 1, placeholder = "", readOnly = false, names, label, invalid, onEnter }) {
  const session = useSession();
  const place = useRef(null);
  const box = useRef(null);
  const latest = useRef({});
  const [isThere, setThere] = useState(false);
  latest.current = { onChange, names, value, onEnter };
  useEffect(() => {
    let isGone = false;
    loadCode(session).then(({ createBox }) => {
      if (isGone) return;
      box.current = createBox(place.current, { value: latest.current.value, language, lines, placeholder, readOnly, label, latest: () => latest.current });
      setThere(true);
      if (takeFocus(place.current)) box.current.focus();
    });
    return () => {
      isGone = true;
      box.current?.close();
      box.current = null;
    };
    // A new language or mode makes a new editor; the value is followed below.
  }, [session, language, lines, readOnly, placeholder]);
  useEffect(() => box.current?.set(value), [value]);
  const look = `ff-code is-${language} ${lines === 1 ? "is-single" : ""} ${invalid ? "is-wrong" : ""}`;
  return <div ref={place} className={look} style={lines > 1 ? { "--lines": lines } : undefined}>{isThere ? null : <pre className="ff-code-text">{value || placeholder}</pre>}</div>;
}
