// One cursor across all panels of a board. It lives in the browser: a step needs no round trip.
//
// The panels are the Plotly charts inside containers whose class begins with `st-key-<board>`. They share the
// vertical axis and its fixed range, so a row's place is its share of the plot area's height. Where
// `data.columns` is given, the cursor has a unit too: panels whose layout.meta has its `layer` mark its column;
// `units` are the units' numbers from left to right, where they are not in their own order. Other components hear
// of each step by the event "scanline-cursor" on the document, ask where the cursor is by "scanline-cursor-ask", and
// move it by "scanline-cursor-move". A panel whose layout.meta has a `film` of n columns shows slice t in column t % n.
// Elements of the class "step-readout" show `data.beside`: a text for each of them at each step.

const REPORT_AFTER_MS = 400; // a rest this long is a choice: only then is the server told
const PLAY_STEP_MS = 120;

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const { board, rows, upward, unit, readouts, columns } = data;
  const find = (name) => parentElement.querySelector(name);
  const [slider, output, play, speed, loop] = ["input.row", "output", "button", ".speed", ".loop input"].map(find);
  const [unitSlider, unitNumber] = ["input.column", "input.number"].map(find);
  const main = document.querySelector(".stMain"); // the board itself may come later
  if (!main) return;

  const playback = (main.scanlinePlayback ??= { speed: "1", loop: false }); // likewise
  [speed.value, loop.checked] = [playback.speed, playback.loop];
  find(".name").textContent = unit[0].toUpperCase() + unit.slice(1);
  slider.max = rows;
  slider.setAttribute("aria-label", `${unit} cursor`);
  if (!slider.dataset.placed) {
    slider.value = data.row;
    slider.dataset.placed = "yes";
  }
  let row = Math.min(Number(slider.value), rows) - 1;
  let reporting = null;
  let playing = null;

  find(".pick").hidden = !columns;
  const picks = (main.scanlinePicks ??= {}); // beyond this element, which a page may draw anew while it runs
  let pick = picks[board] ?? { layer: columns?.layer, number: columns?.unit }; // kept while data change, if it exists
  if (columns) {
    const layer = pick.layer in columns.layers ? pick.layer : columns.layer;
    picks[board] = pick = { layer, number: pick.number < columns.layers[layer].units ? pick.number : columns.unit };
  }

  const plots = () =>
    [...main.querySelectorAll(`[class*="st-key-${board}"] .js-plotly-plot`)].filter((plot) => plot._fullLayout?._size);
  const unitsOf = (plot) => plot._fullLayout.meta?.units ?? [...(plot._fullData[0]?.z?.[0] ?? []).keys()];
  const picked = (plot) => columns && plot._fullLayout.meta?.layer === pick.layer;
  const order = () => {
    const shown = plots().find(picked);
    return shown ? unitsOf(shown) : [...Array(columns.layers[pick.layer].units).keys()];
  };

  // Streamlit draws no chart narrower than 150 pixels; on a telephone it is squeezed into its place.
  const squeeze = (plot) => {
    const { width } = plot._fullLayout;
    const room = plot.parentElement.clientWidth / width;
    const narrow = room > 0 && room < 0.995;
    Object.assign(plot.style, {
      transformOrigin: "left", transform: narrow ? `scaleX(${room})` : "", width: narrow ? `${width}px` : "",
    });
  };

  const mark = (plot, kind, borders) => {
    let element = plot.querySelector(`:scope > .scanline-${kind}`);
    if (!element) {
      element = document.createElement("div");
      element.className = `scanline-mark scanline-${kind}`;
      Object.assign(element.style, {
        position: "absolute", pointerEvents: "none", boxSizing: "border-box", zIndex: 5,
        borderStyle: "solid", borderWidth: 0, ...borders,
      });
      plot.style.position = "relative";
      plot.append(element);
    }
    Object.assign(element.style, { color: data.colour, boxShadow: `0 0 0 1px ${data.halo}`, display: "" });
    return element.style;
  };

  const place = () => {
    const across = plots().some((plot) => plot._fullLayout.meta?.across);
    for (const plot of plots()) {
      squeeze(plot);
      const size = plot._fullLayout._size;
      const height = size.h / rows;
      const below = upward ? rows - 1 - row : row;
      Object.assign(mark(plot, "cursor", { borderTopWidth: "1.5px", borderBottomWidth: "1.5px" }), {
        left: `${size.l}px`, width: `${size.w}px`,
        top: `${size.t + below * height - 1}px`, height: `${Math.max(height, 2) + 2}px`,
      });
      // the column of the picture that panels of a layer across the steps are at
      if (across && plot._fullLayout.meta?.picture) {
        Object.assign(mark(plot, "across", { borderLeftWidth: "1.5px", borderRightWidth: "1.5px" }), {
          top: `${size.t}px`, height: `${size.h}px`,
          left: `${size.l + (row * size.w) / rows - 1}px`, width: `${Math.max(size.w / rows, 2) + 2}px`,
        });
      } else plot.querySelector(":scope > .scanline-across")?.style.setProperty("display", "none");
      const columns = plot._fullLayout.meta?.film; // the slice itself, n steps high around its step
      if (columns) {
        Object.assign(mark(plot, "slice", { borderWidth: "1.5px" }), {
          left: `${size.l + ((row % columns) * size.w) / columns}px`, width: `${size.w / columns}px`,
          top: `${size.t + (below + 0.5 - columns / 2) * height}px`, height: `${columns * height}px`,
        });
      }
      if (!picked(plot)) {
        const old = plot.querySelector(":scope > .scanline-column");
        if (old) old.style.display = "none";
        continue;
      }
      const units = unitsOf(plot);
      const width = size.w / units.length;
      Object.assign(mark(plot, "column", { borderLeftWidth: "1.5px", borderRightWidth: "1.5px" }), {
        top: `${size.t}px`, height: `${size.h}px`,
        left: `${size.l + units.indexOf(pick.number) * width - 1}px`, width: `${Math.max(width, 2) + 2}px`,
      });
    }
  };

  const number = (value, digits) => value.toFixed(digits).replace("-", "−");
  const averages = () =>
    plots().map((plot) => {
      const values = [...(plot._fullData[0]?.z?.[row] ?? [])].filter(Number.isFinite);
      if (!plot._fullLayout.meta?.letter || !values.length) return "";
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => number(value, 2));
      return `, ${plot._fullLayout.meta.letter} on average ${number(mean, 2)} (${least} to ${most})`;
    }).join("");
  const crossing = () => {
    const values = plots().filter(picked).map((plot) => {
      const { letter } = plot._fullLayout.meta;
      const value = plot._fullData[0]?.z?.[row]?.[unitsOf(plot).indexOf(pick.number)];
      return Number.isFinite(value) ? `${letter} ${number(value, 3)}` : null;
    });
    const said = values.filter((value) => value !== null);
    const across = plots().find(picked)?._fullLayout.meta?.across;
    return said.length ? ` · ${across ? `${across} ${row + 1}, ` : ""}unit ${pick.number}: ${said.join(", ")}` : "";
  };

  const show = () => {
    const words = `${unit} ${row + 1} of ${rows}${readouts[row] && `: ${readouts[row]}`}`;
    slider.value = row + 1;
    slider.setAttribute("aria-valuetext", words);
    if (columns) {
      const { units, words: layer } = columns.layers[pick.layer];
      unitNumber.max = units - 1;
      unitSlider.max = units;
      unitSlider.value = order().indexOf(pick.number) + 1;
      unitSlider.setAttribute("aria-valuetext", `unit ${pick.number} of ${layer}`);
      if (parentElement.activeElement !== unitNumber) unitNumber.value = pick.number;
      find(".of").textContent = `of ${layer}, 0 to ${units - 1}`;
    }
    const named = data.names ? `: ${data.names[row]}` : "";
    output.textContent = data.beside ? `${unit} ${row + 1} of ${rows}${named}` : words + (columns ? crossing() : averages());
    for (const [at, element] of [...main.querySelectorAll(".step-readout")].entries()) {
      const now = data.beside?.[row][at] ?? "";
      if (element.textContent !== now) element.textContent = now;
    }
    place();
  };

  const inAddress = () => ({
    row: `${row + 1}`,
    ...(columns && { unit: `${pick.layer === columns.usual ? "" : `${pick.layer}.`}${pick.number}` }),
  });

  const tell = () => {
    const detail = { board, row, address: inAddress(), ...(columns && { layer: pick.layer, unit: pick.number }) };
    document.dispatchEvent(new CustomEvent("scanline-cursor", { detail }));
  };

  const report = () => {
    clearTimeout(reporting);
    parentElement.scanlineUnreported = true; // new data may come before it has rested
    if (playing) return; // however slowly
    reporting = setTimeout(() => {
      parentElement.scanlineUnreported = false;
      intoAddress(data.page, inAddress()); // before the server does: Back undoes choices, and this is none
      setStateValue("rest", { row: row + 1, address: inAddress(), ...(columns && pick) });
    }, REPORT_AFTER_MS);
  };

  const move = (to) => {
    row = Math.max(0, Math.min(rows - 1, to));
    show();
    tell();
    report();
  };

  const choose = (layer, number) => {
    picks[board] = pick = { layer, number };
    show();
    tell();
    report();
  };

  const stop = () => {
    if (!playing) return;
    clearTimeout(playing);
    playing = null;
    play.textContent = "Play";
    report();
  };
  const goOn = () => {
    playing = setTimeout(() => {
      move(row === rows - 1 ? 0 : row + 1);
      if (row === rows - 1 && !playback.loop) stop();
      else goOn();
    }, PLAY_STEP_MS / playback.speed);
  };

  slider.oninput = () => {
    stop();
    move(Number(slider.value) - 1);
  };
  // Up and down go where they point, on either slider; left and right belong to the slider itself.
  slider.onkeydown = unitSlider.onkeydown = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    stop();
    move(row + (upward ? -step : step));
  };
  unitSlider.oninput = () => choose(pick.layer, order()[unitSlider.value - 1]);
  unitNumber.oninput = () => {
    if (unitNumber.value !== "" && unitNumber.checkValidity()) choose(pick.layer, Number(unitNumber.value));
  };
  unitNumber.onblur = show; // what was no unit's number gives way to the one that is marked
  play.onclick = () => {
    if (playing) return stop();
    if (row === rows - 1) row = -1;
    play.textContent = "Pause";
    goOn();
  };
  speed.onchange = () => (playback.speed = speed.value);
  loop.onchange = () => (playback.loop = loop.checked);

  const stepAt = (plot, down, right) => {
    const film = plot._fullLayout.meta?.film;
    const at = (upward ? 1 - down : down) * rows;
    if (!film || right < 0 || right >= 1) return Math.floor(at);
    const column = Math.floor(right * film);
    return Math.round((at - 0.5 - column) / film) * film + column;
  };

  // Pressing or dragging on any panel moves the cursor there, and on a panel of units picks the unit.
  const point = (event) => {
    const plot = event.target.closest?.(".js-plotly-plot");
    if (!plot || !(event.buttons & 1) || !plots().includes(plot) || event.target.closest(".modebar")) return;
    const size = plot._fullLayout._size;
    const box = plot.getBoundingClientRect();
    const squeezed = box.width / plot.offsetWidth;
    const down = (event.clientY - box.top - size.t) / size.h;
    const right = ((event.clientX - box.left) / squeezed - size.l) / size.w;
    if (down < 0 || down >= 1) return;
    stop();
    move(stepAt(plot, down, right));
    const layer = plot._fullLayout.meta?.layer;
    const units = unitsOf(plot);
    const inside = columns && layer && right >= 0 && right < 1;
    if (inside) choose(layer, units[Math.floor(right * units.length)]);
    if (event.type === "pointerdown") (inside ? unitSlider : slider).focus({ preventScroll: true });
  };
  const keepFocus = (event) => {
    if (plots().includes(event.target.closest?.(".js-plotly-plot"))) event.preventDefault();
  };
  main.addEventListener("pointerdown", point, true);
  main.addEventListener("mousedown", keepFocus, true); // what `point` focused keeps the focus
  main.addEventListener("pointermove", point, true);

  // Panels are drawn late, again, or in another size: follow them.
  let waiting = false;
  const follow = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
      tell();
    });
  };
  const drawn = new MutationObserver((changes) => {
    if (changes.some(({ target }) => !target.closest?.(".scanline-mark, .step-readout"))) follow();
  });
  drawn.observe(main, { childList: true, subtree: true });
  const resized = new ResizeObserver(follow);
  resized.observe(main);
  document.addEventListener("scanline-cursor-ask", tell);
  const moved = ({ detail }) => {
    if (detail.board !== board || detail.row === row) return;
    stop();
    move(detail.row);
  };
  document.addEventListener("scanline-cursor-move", moved);
  show();
  tell();
  intoAddress(data.page, inAddress());
  if (parentElement.scanlineUnreported) report();

  return (parentElement.scanlineStop = () => {
    drawn.disconnect();
    resized.disconnect();
    clearTimeout(reporting);
    clearTimeout(playing);
    document.removeEventListener("scanline-cursor-ask", tell);
    document.removeEventListener("scanline-cursor-move", moved);
    main.removeEventListener("pointerdown", point, true);
    main.removeEventListener("mousedown", keepFocus, true);
    main.removeEventListener("pointermove", point, true);
  });
}
