// A line for each unit, a column for each heatmap of the board; it hears of the cursor by the events of step_cursor.js.

export default function ({ data, parentElement }) {
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const find = (name) => parentElement.querySelector(name);
  const main = document.querySelector(".stMain");
  const cell = (line, tag, text, scope) => {
    const element = document.createElement(tag);
    element.textContent = text; // never as HTML
    if (scope) element.scope = scope;
    line.append(element);
  };
  find("summary").textContent = `Table: all units at the cursor's ${data.unit}`;

  let row = 0;
  let lines = [];
  const fill = () => {
    if (!find("details").open) return;
    const plots = [...main.querySelectorAll(`[class*="st-key-${data.board}"] .js-plotly-plot`)];
    const panels = plots.filter((plot) => plot._fullLayout?.meta?.column).map((plot) => {
      const { column, units } = plot._fullLayout.meta;
      const values = [...plot._fullData[0].z[row]];
      return [column, new Map(values.map((value, at) => [units?.[at] ?? at, value]))];
    });
    const most = Math.max(0, ...panels.map(([, values]) => values.size));
    const number = (value) => (Number.isFinite(value) ? value.toFixed(3).replace("-", "−") : "");
    lines = [["unit", ...panels.map(([column]) => column)]];
    for (let unit = 0; unit < most; unit++) {
      lines.push([`${unit}`, ...panels.map(([, values]) => number(values.get(unit)))]);
    }
    find("caption").textContent = `Values at ${data.unit} ${row + 1}; units are counted from 0`;
    const [head, body] = ["thead", "tbody"].map(find);
    head.replaceChildren();
    body.replaceChildren();
    for (const [at, values] of lines.entries()) {
      const line = document.createElement("tr");
      values.forEach((text, place) =>
        at && place ? cell(line, "td", text) : cell(line, "th", text, at ? "row" : "col"));
      (at ? body : head).append(line);
    }
  };

  const hear = ({ detail }) => {
    if (detail.board !== data.board) return;
    row = detail.row;
    fill();
  };
  find("details").ontoggle = () => document.dispatchEvent(new Event("scanline-cursor-ask"));
  find("button").onclick = async () => {
    const text = lines.map((line) => line.join("\t").replaceAll("−", "-")).join("\n");
    try {
      await navigator.clipboard.writeText(text); // only on this machine or by https
      find("[role=status]").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(find("table"));
      find("[role=status]").textContent = "Selected: copy it with your keyboard.";
    }
  };
  document.addEventListener("scanline-cursor", hear);

  return (parentElement.scanlineStop = () => document.removeEventListener("scanline-cursor", hear));
}
