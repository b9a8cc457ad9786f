// A page outlives its session when the server was restarted or the browser slept for long: it looks alive, and
// its first press would silently begin a new session.
export default function ({ data, parentElement, setTriggerValue }) {
  const [lost, ended] = parentElement.querySelectorAll("[role=alert]");
  const app = document.querySelector("[data-testid=stApp]");
  const connected = () => app.dataset.testConnectionState === "CONNECTED";
  const began = (window.scanlineSession ??= data.session); // gone with the next load of the page
  let waiting = null;

  const show = () => {
    lost.hidden = connected();
    ended.hidden = !connected() || began === data.session;
  };
  ended.querySelector("button").onclick = () => location.reload();

  const changed = () => {
    clearTimeout(waiting);
    if (!connected()) waiting = setTimeout(show, 1000); // a shorter loss is none
    else if (!lost.hidden) setTriggerValue("back", true); // the server says which session this is
    if (connected()) show();
  };
  const watch = new MutationObserver(changed);
  watch.observe(app, { attributeFilter: ["data-test-connection-state"] });
  show();

  return () => {
    clearTimeout(waiting);
    watch.disconnect();
  };
}
