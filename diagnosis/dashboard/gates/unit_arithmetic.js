// The arithmetic of one unit, at the row where the cursor is: only text changes, and without a round trip.
// It hears of the cursor by the events of step_cursor.js; when another unit is picked, the server is told.

const REPORT_AFTER_MS = 120; // dragging over many units asks for the last one only

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const find = (name) => parentElement.querySelector(name);
  const make = (parent, tag, text = "") => {
    const element = document.createElement(tag);
    element.textContent = text; // never as HTML
    parent.append(element);
    return element;
  };

  const head = find("thead");
  head.replaceChildren();
  const headRow = make(head, "tr");
  make(headRow, "td", "");
  for (const words of data.head) make(headRow, "th", words).scope = "col";
  const body = find("tbody");
  body.replaceChildren();
  const cells = data.labels.map((words) => {
    const line = make(body, "tr");
    make(line, "th", words).scope = "row";
    return data.head.map(() => make(line, "td"));
  });
  const list = find("dl");
  list.replaceChildren();
  const lines = data.equations.map((words) => {
    make(list, "dt", words);
    return make(list, "dd");
  });

  const show = (row) => {
    find(".row").textContent = `Unit ${data.unit} of ${data.words} at ${data.step} ${row + 1}`;
    cells.forEach((line, at) => line.forEach((cell, column) => (cell.textContent = data.cells[row][at][column])));
    lines.forEach((line, at) => (line.textContent = data.lines[row][at]));
  };

  let reporting = null;
  const hear = ({ detail }) => {
    if (detail.board !== data.board) return;
    show(Math.min(detail.row, data.cells.length - 1));
    clearTimeout(reporting);
    const { layer, unit } = detail;
    if (layer !== undefined && (layer !== data.layer || unit !== data.unit)) {
      reporting = setTimeout(() => setStateValue("picked", { layer, unit }), REPORT_AFTER_MS);
    }
  };
  document.addEventListener("scanline-cursor", hear);
  document.dispatchEvent(new Event("scanline-cursor-ask"));

  return (parentElement.scanlineStop = () => {
    clearTimeout(reporting);
    document.removeEventListener("scanline-cursor", hear);
  });
}
