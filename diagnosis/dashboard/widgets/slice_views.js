// Three views through one point of a volume: the slice at the step cursor, and the planes across it along a line and
// along a column. A press moves the point, a wheel or an arrow key the slice, and with it the cursor of the board.
//
// The data are bytes (slice_views.py): the length of the facts, the facts, then grey or RGB values.

const NOTCH = 50; // pixels of a wheel for one slice
const LINE = "rgba(92, 195, 216, 0.9)";

export default function ({ data, parentElement }) {
  parentElement.scanlineStop?.();
  const bytes = new Uint8Array(data);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const { board, shape, unit, rising, start } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const values = bytes.subarray(4 + length);
  const [steps, height, width, channels] = shape;
  const at = (parentElement.scanlinePoint ??= { row: start, y: height >> 1, x: width >> 1 });
  at.row = Math.min(at.row, steps - 1);
  [at.y, at.x] = [Math.min(at.y, height - 1), Math.min(at.x, width - 1)];
  const find = (name) => parentElement.querySelector(name);

  const down = (row) => (rising ? steps - 1 - row : row); // where a slice lies in a view across
  // Of each view: its sides, the value at a place, the point's place, what a press chooses, and its words.
  const views = {
    slice: {
      size: [width, height], value: (x, y) => [at.row, y, x], point: () => [at.x, at.y],
      choose: (x, y) => Object.assign(at, { x, y }),
      words: () => `${unit[0].toUpperCase()}${unit.slice(1)} ${at.row + 1} of ${steps}`,
    },
    line: {
      size: [width, steps], value: (x, y) => [down(y), at.y, x], point: () => [at.x, down(at.row)],
      choose: (x, y) => { at.x = x; go(down(y)); },
      words: () => `Line ${at.y + 1} of ${height}`,
    },
    column: {
      size: [height, steps], value: (x, y) => [down(y), x, at.x], point: () => [at.y, down(at.row)],
      choose: (x, y) => { at.y = x; go(down(y)); },
      words: () => `Column ${at.x + 1} of ${width}`,
    },
  };

  const draw = () => {
    for (const [name, view] of Object.entries(views)) {
      const canvas = find(`[data-view=${name}]`);
      const [wide, high] = view.size;
      const scale = Math.max(1, Math.ceil(336 / Math.max(wide, high))); // whole pixels, so that lines are thin
      [canvas.width, canvas.height] = [wide * scale, high * scale];
      const image = new ImageData(wide, high);
      for (let y = 0, out = 0; y < high; y++) {
        for (let x = 0; x < wide; x++, out += 4) {
          const [step, line, column] = view.value(x, y);
          const from = ((step * height + line) * width + column) * channels;
          for (let channel = 0; channel < 3; channel++) {
            image.data[out + channel] = values[from + (channels === 3 ? channel : 0)];
          }
          image.data[out + 3] = 255;
        }
      }
      const small = (canvas.scanlineSmall ??= document.createElement("canvas"));
      [small.width, small.height] = [wide, high];
      small.getContext("2d").putImageData(image, 0, 0);
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
      const [x, y] = view.point().map((place) => (place + 0.5) * scale);
      context.strokeStyle = LINE;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, canvas.height);
      context.moveTo(0, y);
      context.lineTo(canvas.width, y);
      context.stroke();
      canvas.setAttribute("aria-label", view.words());
      canvas.nextElementSibling.textContent = view.words();
    }
    find(".views").dataset.row = at.row + 1;
  };

  const go = (row) => {
    at.row = Math.min(Math.max(row, 0), steps - 1);
    document.dispatchEvent(new CustomEvent("scanline-cursor-move", { detail: { board, row: at.row } }));
  };
  const press = (event) => {
    const view = views[event.target.dataset?.view];
    if (!view || !(event.buttons & 1)) return;
    const box = event.target.getBoundingClientRect();
    const [wide, high] = view.size;
    const place = (share, many) => Math.min(Math.max(Math.floor(share * many), 0), many - 1);
    view.choose(
      place((event.clientX - box.left) / box.width, wide), place((event.clientY - box.top) / box.height, high),
    );
    draw();
  };
  const whole = find(".views");
  whole.onpointerdown = whole.onpointermove = press;
  let turned = 0;
  whole.onwheel = (event) => {
    const by = event.deltaY * (event.deltaMode ? 16 : 1);
    const end = by < 0 ? 0 : steps - 1;
    if (event.ctrlKey || at.row === end) return; // the page scrolls
    event.preventDefault();
    event.stopPropagation();
    turned += by;
    if (Math.abs(turned) >= NOTCH) go(at.row + Math.sign(turned));
    turned %= NOTCH;
    draw();
  };
  whole.onkeydown = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -1, PageDown: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    go(at.row + by);
    draw();
  };

  const followed = ({ detail }) => {
    if (detail.board !== board || detail.row === at.row) return;
    at.row = Math.min(detail.row, steps - 1);
    draw();
  };
  document.addEventListener("scanline-cursor", followed);
  draw();
  document.dispatchEvent(new CustomEvent("scanline-cursor-ask"));
  return (parentElement.scanlineStop = () => document.removeEventListener("scanline-cursor", followed));
}
