// A form for a JSON schema: fields, problems beside them, names to complete.

import { useMemo } from "react";
import { FormContext } from "./context.js";
import { CONTROLS } from "./controls.jsx";
import { Fields } from "./nested.jsx";

const NOTHING = () => {};

/**
 * `onChange(value, path)` gets the whole new value and the path of the field that was edited. `onFault(path, isWrong)`
 * is told of fields in which something stands that is no value of their type: their value is an older one.
 */
export function Form({ schema, value, onChange, path = "", problems = [], names = [], readOnly = false, focusField = null, expressions = true, node = null, onFault = NOTHING }) {
  const context = useMemo(() => ({ root: schema, problems, names, readOnly, focusField, expressions, node, controls: CONTROLS, report: onFault }), [schema, problems, names, readOnly, focusField, expressions, node, onFault]);
  return (
    <FormContext.Provider value={context}>
      <div className="ff-form"><Fields path={path} schema={schema} value={value} onChange={onChange} /></div>
    </FormContext.Provider>
  );
}
