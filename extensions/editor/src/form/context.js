import { createContext, useContext, useEffect } from "react";

/** What every field of a form may ask: the schema's root, problems, names to complete, the table of controls. */
export const FormContext = createContext({ root: {}, problems: [], names: [], readOnly: false, focusField: null, controls: {}, node: null, report: () => {} });
export const useForm = () => useContext(FormContext);

/** Tell the form that what stands in a field is no value of its type, and that it is right again or gone. */
export function useFault(path, wrong) {
  const { report } = useForm();
  const isWrong = Boolean(wrong);
  useEffect(() => {
    if (!isWrong) return undefined;
    report(path, true);
    return () => report(path, false);
  }, [report, path, isWrong]);
}
