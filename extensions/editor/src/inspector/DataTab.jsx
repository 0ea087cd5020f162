// What went into the node and what came out, in the execution that is shown.

import { useEffect, useState } from "react";
import { STATES } from "../canvas/states.js";
import { Icon } from "../ui/Icon.jsx";
import { lasted, useSession, useView } from "../ui/parts.jsx";
import { ValueBox } from "./ValueBox.jsx";

export function DataTab({ id }) {
  const session = useSession();
  const status = useView((s) => s.statuses[id]);
  const detail = useView((s) => s.details[id]);
  const state = status?.state;
  useEffect(() => {
    if (state) session.inspect(id);
  }, [session, id, state]);
  if (!status) {
    return <div className="ff-no-data"><Icon name="circle-play" size={22} /><p>No execution has come here yet. Run the workflow, and what went in and out of this node is shown here.</p></div>;
  }
  return (
    <>
      <div className="ff-step-head" data-state={state}>
        <Icon name={STATES[state]?.icon || "clock"} size={14} /><b>{STATES[state]?.word || state}</b>
        {status.duration !== undefined && status.duration !== null ? <span>{lasted(status.duration)}</span> : null}
        {status.attempt > 1 ? <span>attempt {status.attempt}</span> : null}
        {status.port && status.port !== "out" ? <span>left by <code>{status.port}</code></span> : null}
      </div>
      {detail?.error ? <ErrorView error={detail.error} /> : null}
      {!detail ? <div className="ff-loading is-inline"><i className="ff-spinner" />Reading…</div> : null}
      {detail && detail.output !== undefined && !isErrorAgain(detail) ? <Part title="Output" value={detail.output} /> : null}
      {detail && detail.input !== undefined ? <Part title="Input" value={detail.input} isClosed={detail.output !== undefined && !isErrorAgain(detail)} /> : null}
      {detail?.config && Object.keys(detail.config).length ? <Part title="Rendered config" value={detail.config} isClosed /> : null}
      {detail?.log?.length ? <LogView lines={detail.log} /> : null}
      {detail && isBare(detail) ? <p className="ff-help">Nothing is known of it yet.</p> : null}
    </>
  );
}

const isBare = (detail) => detail.error === undefined && detail.output === undefined && detail.input === undefined && !detail.log?.length;

// What leaves by the error port is the error that is shown already.
const isErrorAgain = ({ error, output }) => Boolean(error && output && Object.keys(output).join() === "error");

export function Part({ title, value, isClosed = false }) {
  const [open, setOpen] = useState(!isClosed);
  return (
    <section className="ff-part" data-part={title}>
      <button type="button" className="ff-part-head" aria-expanded={open} onClick={() => setOpen(!open)}><Icon name={open ? "chevron-down" : "chevron-right"} size={13} />{title}</button>
      {open ? <ValueBox value={value} /> : null}
    </section>
  );
}

export function ErrorView({ error }) {
  return (
    <div className="ff-error" role="alert">
      <b>{error.title}</b>
      {error.detail ? <pre>{error.detail}</pre> : null}
      <small>{[error.type, error.status ? `status ${error.status}` : "", error.attempt ? `attempt ${error.attempt}` : ""].filter(Boolean).join(" · ")}</small>
    </div>
  );
}

export function LogView({ lines }) {
  return (
    <section className="ff-part" data-part="Log">
      <div className="ff-part-head is-static">Log</div>
      <pre className="ff-log" tabIndex={0} role="region" aria-label="Log">{lines.map((line, index) => <div key={index}>{typeof line === "string" ? line : line.$cut?.text}</div>)}</pre>
    </section>
  );
}
