import { createContext, useContext } from "react";

/** What every field of a form may ask: the schema's root, problems, names to complete, the table of controls. */
export const FormContext = createContext({ root: {}, problems: [], names: [], readOnly: false, focusField: null, controls: {}, node: null });
export const useForm = () => useContext(FormContext);
