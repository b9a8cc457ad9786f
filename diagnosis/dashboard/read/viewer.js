// Windows, zooms, moves and plays a scan in the browser, from grey values that are sent once for each frame at rest.
//
// The data are bytes (frame_bytes.py): the length of the facts, the facts, then values of 8 or 16 bits. While frames
// are passed they come from the film, all of them reduced, which is asked for when it is first needed. How each scan
// is looked at (`views`) is kept beyond this element, which a page may draw anew.
//
// Where `steps` says which frame belongs to each step of the page's board, frame and step cursor move together.

const REST_MS = 400; // a frame shown this long is a choice: only then is the server told
const PLAY_MS = 100;
const MOST_ZOOM = 32;
const SHARP_FROM = 4; // screen pixels a pixel from which on it is drawn as the square that it is
const NOTCH = 50; // pixels of a wheel for one frame
const PASSING_MS = 300; // a wheel that scrolls the page goes on doing so over the picture

const unpacked = (data) => {
  const bytes = new Uint8Array(data);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const Values = facts.bytes === 2 ? Uint16Array : Uint8Array;
  return { ...facts, values: new Values(bytes.buffer, 4 + length) };
};

/** Sent value -> grey level 0 to 255, black up to low and white from high on. */
const greys = ({ bytes, slope, offset, sigmoid }, { low, high, preset, inverted }) => {
  const table = new Uint8ClampedArray(bytes === 2 ? 65536 : 256);
  const curved = sigmoid && preset === "As stored" && high > low;
  for (let sent = 0; sent < table.length; sent++) {
    const value = offset + slope * sent;
    let grey = high > low ? (255 * (value - low)) / (high - low) : value > low ? 255 : 0;
    if (curved) grey = 255 / (1 + Math.exp((-4 * (value - (low + high) / 2)) / (high - low)));
    grey = Math.round(Math.min(Math.max(grey, 0), 255));
    table[sent] = inverted ? 255 - grey : grey;
  }
  return table;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  parentElement.scanlineStop?.();
  const find = (name) => parentElement.querySelector(name);
  const [viewer, stage, canvas, said, presets, where] =
    [".viewer", ".stage", "canvas", ".said", "select", ".place"].map(find);
  const still = unpacked(data);
  const { key, frames, presets: windows, step, steps } = still;
  const stepped = steps.length > 0;

  const views = (document.scanlineViews ??= {});
  const fresh = () => ({ preset: "As stored", zoom: 1, x: 0, y: 0, inverted: false, frame: still.frame });
  const view = (views[key] ??= fresh());
  if (!(view.preset in windows) && view.preset !== "") view.preset = "As stored";
  const windowed = () => view.preset && ([view.low, view.high] = windows[view.preset]);
  if (!view.resting) view.frame = still.frame; // unless the server does not know yet where it rests
  windowed();

  // ---- drawing
  const picture = (parentElement.scanlinePicture ??= document.createElement("canvas"));
  let drawn = ""; // which frame is in the picture, and through which window
  let waiting = false;
  let film = null;

  const source = () => {
    if (view.frame === still.frame || !film) return { ...still, start: 0, shown: still.frame };
    const { width, height, channels } = film;
    return { ...film, sigmoid: still.sigmoid, start: view.frame * width * height * channels, shown: view.frame };
  };
  const paint = () => {
    const from = source();
    const now = [from.shown, from.film, view.low, view.high, view.inverted, view.preset].join();
    if (now === drawn) return;
    drawn = now;
    const { width, height, channels, values, start } = from;
    const table = greys(from, view);
    picture.width = width;
    picture.height = height;
    const context = picture.getContext("2d");
    const image = context.createImageData(width, height);
    const out = new Uint32Array(image.data.buffer);
    for (let pixel = 0, at = start; pixel < out.length; pixel++, at += channels) {
      const red = table[values[at]];
      const [green, blue] = channels === 3 ? [table[values[at + 1]], table[values[at + 2]]] : [red, red];
      out[pixel] = 0xff000000 | (blue << 16) | (green << 8) | red;
    }
    context.putImageData(image, 0, 0);
  };
  /** The whole picture within the stage, in its pixels, without zoom: width, height. */
  const fitted = () => {
    const [wide, high] = [still.width, still.height * still.aspect];
    const scale = Math.min(canvas.width / wide, canvas.height / high);
    return [wide * scale, high * scale];
  };
  const kept = () => {
    // no edge of the picture beyond the middle of the stage
    const [wide, high] = fitted();
    const [right, down] = [(wide * view.zoom) / 2, (high * view.zoom) / 2];
    view.x = Math.min(Math.max(view.x, -right), right);
    view.y = Math.min(Math.max(view.y, -down), down);
    if (view.zoom === 1) view.x = view.y = 0;
  };
  const draw = () => {
    waiting = false;
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(stage.clientWidth * ratio), Math.round(stage.clientHeight * ratio)];
    if (!wide || !high) return;
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    paint();
    kept();
    const [width, height] = fitted().map((side) => side * view.zoom);
    const context = canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, wide, high);
    context.imageSmoothingEnabled = width / picture.width / ratio < SHARP_FROM;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, wide / 2 + view.x - width / 2, high / 2 + view.y - height / 2, width, height);
    tell();
  };
  const show = () => {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };
  const rounded = (value) =>
    (step === 1 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString()).replace("-", "−");
  const tell = () => {
    const zoom = view.zoom === 1 ? "" : ` · ${view.zoom.toFixed(1)}×`;
    said.textContent = `L ${rounded((view.low + view.high) / 2)} · W ${rounded(view.high - view.low)}${zoom}`;
    stage.dataset.view = JSON.stringify({ ...view, key });
    const place = frames > 1 ? `${still.what} ${view.frame + 1} of ${frames}` : "";
    where.textContent = place;
    canvas.setAttribute("aria-label", ["The scan", place, said.textContent].filter(Boolean).join(", "));
    presets.value = view.preset;
    find(".invert").setAttribute("aria-pressed", view.inverted);
    find(".hand").setAttribute("aria-pressed", Boolean(view.hand));
    stage.classList.toggle("moves", Boolean(view.hand));
    find(".less").disabled = view.zoom === 1;
    find(".more").disabled = view.zoom === MOST_ZOOM;
  };

  // ---- what people do
  const change = (values) => {
    Object.assign(view, values);
    windowed();
    show();
  };
  const widened = (wider, brighter) => {
    const width = Math.max((view.high - view.low) * Math.exp(wider / 200), step);
    const level = (view.low + view.high) / 2 + (brighter * Math.max(view.high - view.low, step)) / 400;
    const [least, most] = still.range;
    const middle = Math.min(Math.max(level, least), most);
    const wide = Math.min(width, 4 * Math.max(most - least, step));
    change({ preset: "", low: middle - wide / 2, high: middle + wide / 2 });
  };
  const zoomed = (factor, x = 0, y = 0) => {
    // x, y: from the middle of the stage, what stays where it is
    const zoom = Math.min(Math.max(view.zoom * factor, 1), MOST_ZOOM);
    const by = zoom / view.zoom;
    change({ zoom: zoom < 1.01 ? 1 : zoom, x: x - (x - view.x) * by, y: y - (y - view.y) * by });
    return by !== 1;
  };
  const reset = () => change({ ...fresh(), frame: view.frame, hand: view.hand });

  let [playing, resting, asked] = [null, null, false];
  const rest = () => {
    clearTimeout(resting);
    view.resting = true;
    resting = setTimeout(() => {
      if (view.playing) return;
      view.resting = false;
      if (view.frame !== still.frame) setTriggerValue("frame", view.frame + 1);
    }, REST_MS);
  };
  const pass = (by) => {
    if (frames < 2) return;
    if (!film && !asked) setTriggerValue("film", (asked = true));
    const to = view.frame + by;
    change({ frame: stepped && !view.playing ? Math.min(Math.max(to, 0), frames - 1) : (to + frames) % frames });
    rest();
    if (stepped) document.dispatchEvent(new CustomEvent("scanline-cursor-move", { detail: { board, row: stepOf() } }));
  };
  const stepOf = () => {
    const away = steps.map((frame) => Math.abs(frame - view.frame));
    return away.indexOf(Math.min(...away));
  };
  let board = ""; // whose cursor moved last
  const followed = ({ detail }) => {
    board = detail.board;
    if (detail.row >= steps.length || stepOf() === detail.row) return;
    if (!film && !asked) setTriggerValue("film", (asked = true));
    change({ frame: steps[detail.row] });
    rest();
  };
  const play = (on) => {
    clearInterval(playing);
    view.playing = on;
    find(".play").textContent = on ? "Stop" : "Play";
    if (on) playing = setInterval(() => pass(1), PLAY_MS);
    else rest();
  };
  const screened = () => (document.fullscreenElement ? document.exitFullscreen() : viewer.requestFullscreen());

  const filmed = () => {
    if (!document.scanlineFilm) return;
    const came = unpacked(document.scanlineFilm);
    if (came.key !== key) return;
    film = came;
    show();
  };

  // ---- pointers: one windows or moves the picture, two move and zoom it
  const pointers = new Map();
  const ratio = () => window.devicePixelRatio || 1;
  const fromMiddle = ({ clientX, clientY }) => {
    const box = stage.getBoundingClientRect();
    return [(clientX - box.left - box.width / 2) * ratio(), (clientY - box.top - box.height / 2) * ratio()];
  };
  const spread = () => {
    const [[ax, ay], [bx, by]] = [...pointers.values()].map(fromMiddle);
    return [(ax + bx) / 2, (ay + by) / 2, Math.hypot(ax - bx, ay - by)];
  };
  stage.onpointerdown = (event) => {
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    stage.focus({ preventScroll: true });
    if (event.button) event.preventDefault();
  };
  stage.onpointermove = (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const two = pointers.size === 2 && spread();
    pointers.set(event.pointerId, event);
    if (two) {
      const [x, y, apart] = spread();
      zoomed(apart / Math.max(two[2], 1), x, y);
      return change({ x: view.x + x - two[0], y: view.y + y - two[1] });
    }
    const [right, down] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (view.hand || event.shiftKey || event.buttons & 6) {
      change({ x: view.x + right * ratio(), y: view.y + down * ratio() });
    } else if (right || down) widened(right, down);
  };
  stage.onpointerup = stage.onpointercancel = (event) => pointers.delete(event.pointerId);
  stage.ondblclick = reset;
  stage.oncontextmenu = (event) => event.preventDefault();

  let [scrolled, turned] = [0, 0]; // when the page was last scrolled; how far the wheel was turned for a frame
  stage.onwheel = (event) => {
    const chosen = event.shiftKey || event.ctrlKey; // what a touchpad calls Ctrl is a pinch
    if (event.timeStamp - scrolled < PASSING_MS && !chosen) return;
    const by = (event.deltaY || event.deltaX) * (event.deltaMode ? 16 : 1); // Shift turns a wheel sideways
    if (frames > 1 && (stepped ? !chosen : event.shiftKey)) {
      turned += by;
      if (stepped && view.frame === (by < 0 ? 0 : frames - 1)) return; // the page scrolls
      if (Math.abs(turned) >= NOTCH) pass(Math.sign(turned));
      turned %= NOTCH;
    } else if (!zoomed(Math.exp(-by / (event.ctrlKey ? 100 : 400)), ...fromMiddle(event)) && !chosen) {
      return; // as far as it goes: the page scrolls
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const passing = (event) => (scrolled = event.timeStamp);
  document.addEventListener("wheel", passing, { passive: true });

  const keys = {
    ArrowLeft: () => widened(-20, 0), ArrowRight: () => widened(20, 0),
    ArrowUp: () => widened(0, -20), ArrowDown: () => widened(0, 20),
    ...(stepped && { ArrowUp: () => pass(-1), ArrowDown: () => pass(1) }),
    PageUp: () => pass(-1), PageDown: () => pass(1), " ": () => frames > 1 && play(!view.playing),
    "+": () => zoomed(1.25), "=": () => zoomed(1.25), "-": () => zoomed(0.8), 0: reset,
    i: () => change({ inverted: !view.inverted }), f: screened,
  };
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [right, down] = (event.shiftKey && moves[event.key]) || [0, 0];
    if (right || down) change({ x: view.x + right * 40, y: view.y + down * 40 });
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation(); // letters are Streamlit's, too
  };

  // ---- the bar
  presets.replaceChildren(new Option("Own window", "", false, false), ...Object.keys(windows).map((name) => new Option(name)));
  presets.options[0].hidden = true;
  presets.onchange = () => change({ preset: presets.value });
  const press = (name, act) => (find(name).onclick = act);
  press(".invert", () => change({ inverted: !view.inverted }));
  press(".hand", () => change({ hand: !view.hand }));
  press(".less", () => zoomed(0.8));
  press(".more", () => zoomed(1.25));
  press(".reset", reset);
  press(".full", screened);
  press(".previous", () => pass(-1));
  press(".next", () => pass(1));
  press(".play", () => play(!view.playing));
  press(".help", () => {
    const keys = find(".keys");
    keys.hidden = !keys.hidden;
    find(".help").setAttribute("aria-expanded", !keys.hidden);
  });
  find(".full").hidden = !document.fullscreenEnabled;
  find(".film").hidden = frames < 2;
  for (const each of parentElement.querySelectorAll(".keys > *")) {
    each.hidden =
      each.matches(stepped ? ".alone" : ".stepped") || (each.matches(".of-frames") && frames < 2);
  }
  stage.style.aspectRatio = `${still.width} / ${still.height * still.aspect}`;
  const blank = still.range[0] >= still.range[1];
  presets.disabled = blank;

  const resized = new ResizeObserver(show);
  resized.observe(stage);
  document.addEventListener("scanline-film", filmed);
  if (stepped) {
    document.addEventListener("scanline-cursor", followed);
    document.dispatchEvent(new CustomEvent("scanline-cursor-ask"));
  }
  filmed();
  if (view.playing) play(true);
  else if (view.resting) rest();
  show();

  return (parentElement.scanlineStop = () => {
    clearInterval(playing);
    clearTimeout(resting);
    resized.disconnect();
    document.removeEventListener("wheel", passing);
    document.removeEventListener("scanline-film", filmed);
    document.removeEventListener("scanline-cursor", followed);
  });
}
