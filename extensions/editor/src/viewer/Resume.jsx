// How an execution that failed, or whose runner is gone, can go on; as the lab tells it.

import { Icon } from "../ui/Icon.jsx";
import { Button, Dialog, useSession, useView } from "../ui/parts.jsx";

const ALL = { how: "all", title: "Begin again with everything", lines: ["A new execution with the same inputs, in the version of then."], obstacles: [], is_possible: true };

/** Return the ways as they are offered: a workflow that has changed since was most likely mended. */
function inOrder(ways) {
  const isMended = (way) => way.is_mended;
  return [...ways.filter(isMended), ...ways.filter((way) => !isMended(way)), ALL];
}

/** Choose where to go on. */
export function ResumeDialog() {
  const session = useSession();
  const ways = useView((s) => s.ways_on);
  const all = ways && inOrder(ways);
  const first = all?.find((way) => way.is_possible);
  const choose = (deed, given) => {
    session.set({ dialog: null });
    session.steer(deed, given);
  };
  return (
    <Dialog title="Go on with this execution" width={560} onClose={() => session.set({ dialog: null })}>
      <div className="ff-dialog-body ff-ways">
        {ways === null ? <div className="ff-loading is-inline"><i className="ff-spinner" />Looking…</div> : null}
        {all?.map((way) => <Way key={way.how} way={way} isFirst={way === first} onChoose={() => (way === ALL ? choose("restart") : choose("resume", { how: way.how }))} />)}
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
