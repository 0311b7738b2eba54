"use strict";
const config = JSON.parse(document.body.dataset.config);
const bytes = [...crypto.getRandomValues(new Uint8Array(12))];
// Files of one tab are kept apart from those of another.
const tab = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
const find = (selector) => document.querySelector(selector);
let values = {};
let photos = [];

function make(tag, fields = {}, ...inner) {
  const { data, ...plain } = fields;
  const element = Object.assign(document.createElement(tag), plain);
  for (const [name, text] of Object.entries(data ?? {})) element.setAttribute(name, text);
  element.append(...inner);
  return element;
}

const say = (selector, lines) => find(selector).replaceChildren(
  ...lines.map((line) => make("li", {}, line)),
);

async function ask(act, body) {
  const answer = await fetch(`${tab}/${act}`, { method: "POST", body });
  if (act.startsWith("finish") && answer.ok) return answer;
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

// One request after the other; a look at other values is passed over where another one follows.
let waiting = [];
let working = false;
async function change(act, value = null) {
  if (act === "look") waiting = waiting.filter(([other]) => other !== "look");
  waiting.push([act, value]);
  if (working) return;
  working = true;
  while (waiting.length) {
    const [next, its] = waiting.shift();
    // Thumbnails get their colors when nobody waits for anything else.
    document.body.classList.toggle("working", next !== "color");
    try {
      show(await ask("change", JSON.stringify({ act: next, value: its, options: values })));
    } catch (error) {
      say("#faults", [error.message]);
      if (next === "color") break;
    }
    const grey = photos.findIndex((photo) => !photo.after);
    if (!waiting.length && grey >= 0) waiting.push(["color", grey]);
  }
  working = false;
  document.body.classList.remove("working");
}

function show(state) {
  photos = state.photos;
  find("#work").hidden = !photos.length;
  if (!photos.length) {
    find("#results").replaceChildren();
    return;
  }
  const [before, after] = document.querySelectorAll("#slider img");
  before.src = photos[state.shown].url;
  after.src = photos[state.shown].after;
  const picture = find("#marked .picture");
  find("#marked img").src = photos[state.shown].after;
  picture.querySelectorAll("i").forEach((spot) => spot.remove());
  const lines = state.hints.map(([x, y, color]) => {
    const spot = make("i");
    Object.assign(spot.style, { left: `${100 * x}%`, top: `${100 * y}%`, background: color });
    picture.append(spot);
    const place = [x * state.size[0], y * state.size[1]].map(Math.floor).join(", ");
    return `${color} at ${place}`;
  });
  say("#hints", lines);
  find("#how").hidden = state.hints.length > 0;
  find("#gallery").hidden = photos.length < 2;
  find("#gallery").replaceChildren(...photos.map((photo, index) => make(
    "button",
    {
      title: photo.name,
      data: { "aria-pressed": String(index === state.shown) },
      onclick: () => change("choose", index),
    },
    make("img", { src: photo.after ?? photo.url, alt: photo.name, loading: "lazy" }),
  )));
}

async function send(act, files) {
  const isLarge = (file) => file.size > config.upload_mb * 2 ** 20;
  const words = (file) => `${file.name}: ${(file.size / 2 ** 20).toPrecision(3)} MB; this page `
    + `takes ${config.upload_mb} MB`;
  say("#too-large", files.filter(isLarge).map(words));
  const kept = files.filter((file) => !isLarge(file));
  const faults = [];
  let taken = 0;
  for (const [index, file] of kept.entries()) {
    find("#said").textContent = `sending ${index + 1} of ${kept.length}`;
    try {
      await ask(`${act}?name=${encodeURIComponent(file.name)}`, file);
      taken += 1;
    } catch (error) {
      faults.push(error.message);
    }
  }
  find("#said").textContent = "";
  say("#faults", faults);
  return taken;
}

async function add(files) {
  const first = photos.length;
  if (await send("add", files)) await change("choose", first);
}

async function takePalette(files) {
  const taken = await send("palette", files.slice(0, 1));
  find("#plain").hidden = !taken;
  await change("look");
}

for (const [selector, take] of [["#add", add], ["#palette", takePalette]]) {
  const zone = find(selector);
  const input = zone.querySelector("input");
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    take(files);
  });
  for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", over);
      if (kind === "drop") take([...event.dataTransfer.files]);
    });
  }
}

// Controls of a preset: what they may be the server says, what they are called the page.
const words = {
  working_size: { label: "Working size", step: 32 },
  saturation: { label: "Saturation", step: 0.05 },
  decoder: {
    label: "Decoder",
    choices: {
      annealed: "Vivid average (annealed)",
      mean: "Average (mean)",
      mode: "Likeliest (mode)",
      median: "Median",
      sample: "By lot (sample)",
    },
  },
  temperature: { label: "Temperature", step: 0.01, readBy: "annealed" },
  seed: { label: "Draw", step: 1, readBy: "sample" },
  refine: { label: "Smooth regions", choices: { none: "Off", mrf: "Markov random field" } },
  palette_strength: { label: "Strength", step: 0.05 },
};

function control(one) {
  values[one.name] = one.value;
  const shown = make("output", {}, "low" in one ? String(one.value) : "");
  const body = [];
  const set = (value) => {
    values[one.name] = value;
    if (one.name === "decoder") {
      for (const other of Object.keys(words).filter((name) => words[name].readBy)) {
        find(`#${other}`).hidden = words[other].readBy !== value;
      }
    }
    change("look");
  };
  if ("low" in one) {
    const range = { type: "range", min: one.low, max: one.high, step: one.step };
    const input = make("input", { ...range, data: { "aria-label": one.label } });
    input.value = one.value;
    input.addEventListener("input", () => { shown.textContent = input.value; });
    input.addEventListener("change", () => set(Number(input.value)));
    body.push(input);
  } else if (one.name === "refine") {
    for (const [value, label] of Object.entries(one.choices)) {
      const input = make("input", { type: "radio", name: one.name, value });
      input.checked = value === one.value;
      input.addEventListener("change", () => set(value));
      body.push(make("label", {}, input, ` ${label} `));
    }
  } else {
    const options = Object.entries(one.choices).map(([value, label]) => new Option(label, value));
    const select = make("select", { data: { "aria-label": one.label } }, ...options);
    select.value = one.value;
    select.addEventListener("change", () => set(select.value));
    body.push(select);
  }
  const label = make("b", {}, make("span", {}, one.label), shown);
  const part = make("fieldset", { id: one.name, className: "control" }, label, ...body);
  part.append(make("small", {}, one.info));
  part.hidden = "readBy" in one && one.readBy !== values.decoder;
  const place = find(one.name === "palette_strength" ? "#plain" : "#no-bins");
  if (place.id === "plain") place.after(part);
  else place.before(part);
}

function take(preset) {
  const { about, controls } = config.presets[preset];
  document.querySelectorAll(".control").forEach((part) => part.remove());
  values = { preset };
  controls.forEach((one) => control({ ...one, ...words[one.name] }));
  find("#presets small").textContent = about;
  find("#no-bins").hidden = "decoder" in values;
  find("#reference").hidden = !("decoder" in values);
}

const presets = Object.keys(config.presets);
find("#presets").hidden = presets.length < 2;
find("#presets select").append(...presets.map((name) => new Option(name, name)));
find("#presets select").addEventListener("change", (event) => {
  take(event.target.value);
  change("look");
});
take(presets[0]);
find("#introduction").append(
  ` Each may have ${config.upload_mb} MB and ${config.megapixels} megapixels.`,
);

const handle = find("#slider input");
const cut = () => {
  find("#slider img + img").style.clipPath = `inset(0 0 0 ${handle.value}%)`;
};
handle.addEventListener("input", cut);
cut();
// The handle moves wherever the pointer is pressed on the picture.
find("#slider").addEventListener("pointermove", (event) => {
  if (!event.buttons || event.target === handle) return;
  const box = find("#slider img + img").getBoundingClientRect();
  handle.value = 100 * (event.clientX - box.left) / box.width;
  cut();
});
document.querySelectorAll("#slider img").forEach((image) => { image.draggable = false; });
find("#full").onclick = () => find("#slider").requestFullscreen();

const tabs = [...document.querySelectorAll("[role=tab]")];
for (const one of tabs) {
  one.onclick = () => tabs.forEach((other) => {
    other.setAttribute("aria-selected", String(other === one));
    find(`#${other.getAttribute("aria-controls")}`).hidden = other !== one;
  });
}

find("#marked img").onclick = (event) => {
  const box = event.target.getBoundingClientRect();
  const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  change("hint", [...place.map((x) => Math.min(Math.max(x, 0), 0.999999)), find("#color").value]);
};
find("#undo").onclick = () => change("undo");
find("#clear").onclick = () => change("clear");
find("#plain").onclick = () => {
  find("#plain").hidden = true;
  change("plain");
};
find("#remove").onclick = () => {
  ["#faults", "#too-large"].forEach((selector) => say(selector, []));
  find("#plain").hidden = true;
  change("remove");
};

function link(url, text) {
  return make("a", { href: url, download: text === "all as ZIP" ? "colorized.zip" : text }, text);
}

function showResults(found, isLast) {
  const items = found.results.map((one) => make(
    "li",
    { className: one.url ? "" : "failed" },
    one.url ? link(one.url, one.name) : one.name,
    ...one.notes.map((note) => make("small", {}, note)),
  ));
  const parts = [make("ul", {}, ...items)];
  if (!isLast) {
    const done = found.results.length;
    parts.unshift(`${done} of ${found.of}`, make("progress", { max: found.of, value: done }));
  }
  if (found.archive) parts.push(link(found.archive, "all as ZIP"));
  find("#results").replaceChildren(...parts);
}

find("#make").onclick = async () => {
  find("#make").disabled = true;
  showResults({ results: [], of: photos.length }, false);
  try {
    const answer = await ask("finish", JSON.stringify({ options: values }));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let last = null;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (text + value).split("\n");
      text = lines.pop();
      for (const line of lines) showResults(last = JSON.parse(line), false);
    }
    if (last) showResults(last, true);
  } catch (error) {
    find("#results").replaceChildren();
    say("#faults", [error.message]);
  }
  find("#make").disabled = false;
};

// Hidden or closed: what a phone does with a page that nobody looks at any more.
addEventListener("pagehide", () => navigator.sendBeacon(`${tab}/leave`));
