// A value that is edited as JSON, and told only when it is whole.

import { useState } from "react";
import { CodeBox } from "../form/CodeBox.jsx";
import { Button } from "../ui/parts.jsx";

export function JsonEdit({ label, value, deed = "Set", onSave, onCancel }) {
  const [text, setText] = useState(() => JSON.stringify(value ?? null, null, 2));
  const wrong = problemOf(text, value);
  return (
    <div className="ff-json-edit">
      <CodeBox language="json" lines={4} value={text} onChange={setText} label={deed === "Set" ? `New value of ${label}` : label} invalid={Boolean(wrong)} />
      {wrong ? <div className="ff-problem" role="alert">{wrong}</div> : null}
      <div className="ff-inline"><Button tone="primary" disabled={Boolean(wrong)} onClick={() => onSave(JSON.parse(text))}>{deed}</Button>{onCancel ? <Button onClick={onCancel}>Cancel</Button> : null}</div>
    </div>
  );
}

function problemOf(text) {
  if (text.includes('"$table"') || text.includes('"$cut"')) return "This value is cut to what can be looked at; edit it in Python.";
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `Not JSON: ${error.message}`;
  }
}
