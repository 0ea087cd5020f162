// How an execution that failed, or whose runner is gone, can go on; as the lab tells it.

import { Icon } from "../ui/Icon.jsx";
import { Button, Dialog, useSession, useView } from "../ui/parts.jsx";

/** Choose where to go on. */
export function ResumeDialog() {
  const session = useSession();
  const ways = useView((s) => s.ways_on);
  const choose = (deed, given) => {
    session.set({ dialog: null });
    session.steer(deed, given);
  };
  return (
    <Dialog title="Go on with this execution" width={560} onClose={() => session.set({ dialog: null })}>
      <div className="ff-dialog-body ff-ways">
        {ways === null ? <div className="ff-loading is-inline"><i className="ff-spinner" />Looking…</div> : null}
        {ways?.map((way, index) => <Way key={way.how} way={way} isFirst={index === ways.findIndex((one) => one.is_possible)} onChoose={() => choose("resume", { how: way.how })} />)}
        {ways ? <Way way={{ how: "all", title: "Begin again with everything", lines: ["A new execution with the same inputs."], obstacles: [], is_possible: true }} isFirst={!ways.some((one) => one.is_possible)} onChoose={() => choose("restart")} /> : null}
      </div>
    </Dialog>
  );
}

function Way({ way, isFirst, onChoose }) {
  return (
    <section className="ff-way" data-how={way.how} aria-label={way.title}>
      <div className="ff-way-told">
        <b>{way.title}</b>
        {way.lines.map((line) => <p key={line} className="ff-help">{line}</p>)}
        {way.obstacles.map((line) => <p key={line} className="ff-callout is-warning"><Icon name="triangle-alert" size={14} /><span>{line}</span></p>)}
      </div>
      <Button icon={way.how === "all" ? "rotate-ccw" : "play"} tone={isFirst ? "primary" : undefined} disabled={!way.is_possible} title={way.is_possible ? undefined : "What stands in the way is told beside"} onClick={onChoose}>{way.is_possible ? "Start" : "Not possible"}</Button>
    </section>
  );
}

/** That nobody runs an execution which is not over. */
export function CutOffBanner() {
  const session = useSession();
  const isCutOff = useView((s) => s.run.finished_at === undefined && s.ways_on?.some((way) => way.how === "here"));
  if (!isCutOff) return null;
  return (
    <div className="ff-banner" role="status">
      <Icon name="triangle-alert" size={15} />
      <span>Whoever ran this execution has ended, and it is not over.</span>
      <Button icon="play" onClick={() => session.steer("resume", { how: "here" })}>Go on here</Button>
    </div>
  );
}
