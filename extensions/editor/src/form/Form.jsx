// A form for a JSON schema: fields, problems beside them, names to complete.

import { useMemo } from "react";
import { FormContext } from "./context.js";
import { CONTROLS } from "./controls.jsx";
import { Fields } from "./nested.jsx";

/** `onChange(value, path)` gets the whole new value and the path of the field that was edited. */
export function Form({ schema, value, onChange, path = "", problems = [], names = [], readOnly = false, focusField = null, expressions = true, node = null }) {
  const context = useMemo(() => ({ root: schema, problems, names, readOnly, focusField, expressions, node, controls: CONTROLS }), [schema, problems, names, readOnly, focusField, expressions, node]);
  return (
    <FormContext.Provider value={context}>
      <div className="ff-form"><Fields path={path} schema={schema} value={value} onChange={onChange} /></div>
    </FormContext.Provider>
  );
}
