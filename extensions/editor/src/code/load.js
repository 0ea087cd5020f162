// Brings the second file of the bundle in. It comes as a message like everything else, so that no host needs an
// address for it, and nothing is fetched from anywhere.

const RETRY_MS = 6000;
let loading = null;

/** Return a promise of the module that makes code editors. */
export function loadCode(session) {
  loading ||= askFor(session, "code").then((text) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    return import(address).finally(() => URL.revokeObjectURL(address));
  });
  return loading;
}

function askFor(session, name) {
  return new Promise((resolve) => {
    const before = session.onPart;
    const ask = () => session.send({ kind: "part", name });
    const timer = setInterval(ask, RETRY_MS);
    session.onPart = (message) => {
      if (message.name !== name) return before?.(message);
      clearInterval(timer);
      session.onPart = before;
      resolve(message.text);
    };
    ask();
  });
}
