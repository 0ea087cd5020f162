import { KEYS } from "./keys.js";
import { Dialog, useSession } from "./parts.jsx";

export function KeysDialog({ keys = KEYS }) {
  const session = useSession();
  return (
    <Dialog title="Keys" width={560} onClose={() => session.set({ dialog: null })}>
      <div className="ff-keys">
        {keys.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{rows.map(([keys, text]) => <div key={text}><dt>{keys.split(/(?<=\w)\+(?=\w)| {2}/).map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{text}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
