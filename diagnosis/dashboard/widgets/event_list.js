// The events of a record as a list. What is searched, filtered and grouped by stays in the element while its data
// change. The cursor of `data.board` and the list follow each other by the events of `step_cursor.js`.

const FULL = 3; // events in an hour, from which on they are grouped at first

export default function ({ data, parentElement }) {
  parentElement.scanlineStop?.(); // called again with new data: what the last call set up ends first
  const { board, unit, target, events } = data;
  const find = (name) => parentElement.querySelector(name);
  const [search, code, group, list, shown] = ["input", ".code", ".group", ".list", ".shown"].map(find);
  let [step, shownSteps, rows] = [parentElement.scanlineStep ?? -1, [], new Map()];

  const add = (parent, kind, ...texts) => {
    const element = parent.appendChild(document.createElement("div"));
    element.className = kind;
    for (const [className, text] of texts) {
      const part = element.appendChild(document.createElement("span"));
      part.className = className;
      part.textContent = text;
    }
    return element;
  };

  const counts = new Map();
  for (const each of events) counts.set(each.code, (counts.get(each.code) ?? 0) + 1);
  const chosen = code.value;
  const named = [...counts].sort(([a], [b]) => a.localeCompare(b));
  code.replaceChildren(
    new Option("all codes", ""), ...named.map(([name, n]) => new Option(`${name} (${n})`, name)),
  );
  code.value = counts.has(chosen) ? chosen : "";

  if (!group.dataset.chosen) { // a heading for every event would say nothing
    const hours = new Set(events.map(({ hour }) => hour === null ? null : Math.floor(hour)));
    group.value = events.length >= FULL * hours.size ? "hour" : "";
    group.dataset.chosen = "yes";
  }

  const at = (hour) => (hour === null ? "" : `${hour.toFixed(1)} h`);
  const groupOf = ({ hour }) => {
    if (!group.value) return null;
    if (hour === null) return "Known from the start";
    return group.value === "hour" ? `Hour ${Math.floor(hour)} to ${Math.floor(hour) + 1}` : at(hour);
  };
  const probability = (value) => (value === null ? "" : value.toFixed(2));

  const draw = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    shownSteps = [...events.keys()].filter((k) => {
      const { what, code: mine, hour } = events[k];
      const text = `${what} ${at(hour)}`.toLowerCase();
      return (!code.value || code.value === mine) && words.every((word) => text.includes(word));
    });
    const groups = new Map();
    for (const k of shownSteps) {
      const name = groupOf(events[k]);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(k);
    }
    list.replaceChildren();
    rows = new Map();
    for (const [name, steps] of groups) {
      const place = add(list, "group");
      if (name !== null) {
        place.setAttribute("role", "group");
        place.setAttribute("aria-label", name);
        const n = steps.length;
        add(place, "head", ["", `${name} · ${n} ${n === 1 ? unit : `${unit}s`}`],
          ["", probability(events[steps[n - 1]].after)]).setAttribute("aria-hidden", "true");
      }
      for (const k of steps) {
        const { hour, what, after } = events[k];
        const row = add(place, "event", ["", at(hour)], ["what", what], ["", probability(after)]);
        row.setAttribute("role", "option");
        row.id = `event-${k + 1}`;
        row.dataset.step = k;
        rows.set(k, row);
      }
    }
    mark();
  };

  const mark = () => {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    const row = rows.get(step);
    list.setAttribute("aria-activedescendant", row?.id ?? "");
    if (row) {
      row.setAttribute("aria-selected", "true");
      const head = row.parentElement.querySelector(".head")?.offsetHeight ?? 0;
      const { offsetTop: top, offsetHeight: height } = row; // the list scrolls, and never the page
      if (top - head < list.scrollTop) list.scrollTop = top - head;
      else if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    }
    const hidden = step >= 0 && step < events.length && !row ? `; the cursor's ${unit} ${step + 1} is not among them` : "";
    const right = target && `; right: probability of ${target} after it`;
    const n = events.length;
    shown.textContent = `${shownSteps.length === n ? n : `${shownSteps.length} of ${n}`} ${unit}s${hidden || right}`;
  };

  const go = (to) => document.dispatchEvent(new CustomEvent("scanline-cursor-move", { detail: { board, row: to } }));
  list.onclick = ({ target: pressed }) => {
    const row = pressed.closest(".event");
    if (row) go(Number(row.dataset.step));
  };
  list.onkeydown = (event) => {
    const after = shownSteps.findIndex((k) => k > step);
    const before = shownSteps.findLastIndex((k) => k < step);
    const last = shownSteps.length - 1;
    const place = { ArrowDown: after, ArrowUp: before, Home: last < 0 ? -1 : 0, End: last }[event.key];
    if (place === undefined) return;
    event.preventDefault();
    if (place >= 0) go(shownSteps[place]);
  };
  search.oninput = code.onchange = group.onchange = draw;

  const followed = ({ detail }) => {
    if (detail.board !== board || detail.row === step) return;
    parentElement.scanlineStep = step = detail.row;
    mark();
  };
  document.addEventListener("scanline-cursor", followed);
  draw();
  document.dispatchEvent(new CustomEvent("scanline-cursor-ask"));
  return (parentElement.scanlineStop = () => document.removeEventListener("scanline-cursor", followed));
}
