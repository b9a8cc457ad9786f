// On a narrow screen the sidebar covers the page or is out of sight; on a wide one it may have been closed.
const within = (part, selector) => document.querySelector(`[data-testid="${part}"]`)?.querySelector(selector);

const open = () => {
  const expand = document.querySelector('[data-testid="stExpandSidebarButton"]');
  expand?.click();
  setTimeout(() => document.querySelector(".st-key-train-form")?.scrollIntoView({ block: "start" }), expand ? 350 : 0);
};

const close = () => {
  if (innerWidth <= 768) within("stSidebarCollapseButton", "button")?.click();
};

const requests = { open, close };
let done; // the last request that was obeyed: the component is drawn again with each run of the page

export default ({ data, parentElement }) => {
  parentElement.querySelector("button").onclick = open;
  if (done !== undefined && data.turn > done) requests[data.request]?.();
  done = data.turn;
};
