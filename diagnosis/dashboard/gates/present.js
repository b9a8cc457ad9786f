// Full screen where the browser allows it, else the window. How high that is decides how high the board is drawn.

const SETTLED_MS = 300;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const button = parentElement.querySelector("button");
  button.textContent = data.on ? "Leave" : "Present";
  let measuring = null;

  const enter = async () => {
    try {
      await document.documentElement.requestFullscreen();
    } catch {} // the window has to do
    setStateValue("height", innerHeight);
    setTriggerValue("pressed", true);
  };
  const leave = () => {
    stop();
    if (document.fullscreenElement) document.exitFullscreen();
    setTriggerValue("pressed", true);
  };
  const measure = () => {
    clearTimeout(measuring);
    measuring = setTimeout(() => innerHeight === data.height || setStateValue("height", innerHeight), SETTLED_MS);
  };
  const key = (event) => {
    const inside = event.composedPath()[0]?.closest?.("[aria-expanded=true]"); // closes that instead
    if (event.key === "Escape" && !inside) leave();
  };
  const changed = () => document.fullscreenElement || leave(); // the browser keeps Escape to itself

  const stop = () => {
    clearTimeout(measuring);
    document.removeEventListener("keydown", key);
    document.removeEventListener("fullscreenchange", changed);
    removeEventListener("resize", measure);
  };
  button.onclick = data.on ? leave : enter;
  if (data.on) {
    document.addEventListener("keydown", key);
    document.addEventListener("fullscreenchange", changed);
    addEventListener("resize", measure);
    measure();
  }
  return (parentElement.scanlineStop = stop);
}
