// One row cursor across all panels of a board. It lives in the browser: a step needs no round trip.
//
// The panels are Plotly charts inside the container with class `st-key-<board>`. They share the vertical axis
// and its fixed range, so a row's place is its share of the plot area's height.

const REPORT_AFTER_MS = 400; // a rest this long is a choice: only then is the server told
const PLAY_STEP_MS = 120;

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const { board, rows, upward, unit, readouts } = data;
  const slider = parentElement.querySelector("input");
  const output = parentElement.querySelector("output");
  const play = parentElement.querySelector("button");
  const container = document.querySelector(`.st-key-${board}`);
  if (!container) return;

  slider.max = rows;
  slider.setAttribute("aria-label", `${unit} cursor`);
  if (!slider.dataset.placed) {
    slider.value = data.row;
    slider.dataset.placed = "yes";
  }
  let row = Math.min(Number(slider.value), rows) - 1;
  let reporting = null;
  let playing = null;

  const place = () => {
    for (const plot of container.querySelectorAll(".js-plotly-plot")) {
      const size = plot._fullLayout && plot._fullLayout._size;
      if (!size) continue;
      let mark = plot.querySelector(":scope > .scanline-cursor");
      if (!mark) {
        mark = document.createElement("div");
        mark.className = "scanline-cursor";
        Object.assign(mark.style, {
          position: "absolute", pointerEvents: "none", boxSizing: "border-box", zIndex: 5,
          borderTop: "1.5px solid", borderBottom: "1.5px solid",
        });
        plot.style.position = "relative";
        plot.append(mark);
      }
      const height = size.h / rows;
      const below = upward ? rows - 1 - row : row;
      Object.assign(mark.style, {
        left: `${size.l}px`, width: `${size.w}px`, color: data.colour,
        top: `${size.t + below * height - 1}px`, height: `${Math.max(height, 2) + 2}px`,
      });
    }
  };

  const show = () => {
    slider.value = row + 1;
    const words = `${unit} ${row + 1} of ${rows}: ${readouts[row]}`;
    output.textContent = words;
    slider.setAttribute("aria-valuetext", words);
    place();
  };

  const move = (to) => {
    row = Math.max(0, Math.min(rows - 1, to));
    show();
    clearTimeout(reporting);
    reporting = setTimeout(() => setStateValue("row", row + 1), REPORT_AFTER_MS);
  };

  const stop = () => {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  };

  slider.oninput = () => {
    stop();
    move(Number(slider.value) - 1);
  };
  play.onclick = () => {
    if (playing) return stop();
    if (row === rows - 1) row = -1;
    play.textContent = "Pause";
    playing = setInterval(() => {
      move(row + 1);
      if (row === rows - 1) stop();
    }, PLAY_STEP_MS);
  };

  // Pressing or dragging on any panel moves the cursor there.
  const point = (event) => {
    const plot = event.target.closest && event.target.closest(".js-plotly-plot");
    if (!plot || !(event.buttons & 1) || !plot._fullLayout) return;
    const size = plot._fullLayout._size;
    const down = (event.clientY - plot.getBoundingClientRect().top - size.t) / size.h;
    if (down < 0 || down >= 1) return;
    const at = Math.floor(down * rows);
    stop();
    move(upward ? rows - 1 - at : at);
  };
  container.addEventListener("pointerdown", point, true);
  container.addEventListener("pointermove", point, true);

  // Panels are drawn late, again, or in another size: follow them.
  const drawn = new MutationObserver((changes) => {
    if (changes.some((change) => !change.target.closest || !change.target.closest(".scanline-cursor"))) {
      requestAnimationFrame(place);
    }
  });
  drawn.observe(container, { childList: true, subtree: true });
  const resized = new ResizeObserver(() => requestAnimationFrame(place));
  resized.observe(container);
  show();

  return (parentElement.scanlineStop = () => {
    drawn.disconnect();
    resized.disconnect();
    clearTimeout(reporting);
    stop();
    container.removeEventListener("pointerdown", point, true);
    container.removeEventListener("pointermove", point, true);
  });
}
