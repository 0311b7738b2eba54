"use strict";
// One session of one participant, whatever is asked. The file after this one defines `task`:
// instructions, question, left and right ({label, answer, keys}), plan(study, random) -> trials,
// present(trial) -> promise, and feedback(trial, answer) -> text or null.

const study = JSON.parse(document.getElementById("study").textContent);
const element = (id) => document.getElementById(id);
const sections = ["start", "trial", "end"];
const storageKey = `keras-colorize-study-${study.page}`;
let session = null;
let trials = [];
let shownAt = 0;
let accepting = false;
let waitingForNext = false;

// Mulberry32: a small generator, so that the recorded seed gives the same order again.
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(values, random) {
  const order = values.slice();
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function show(section) {
  sections.forEach((name) => { element(name).hidden = name !== section; });
}

async function showPicture(name) {
  const picture = element("picture");
  picture.src = `data:image/jpeg;base64,${study.pictures[name]}`;
  await picture.decode();
  picture.hidden = false;
  await new Promise(requestAnimationFrame);
}

function hidePicture() {
  element("picture").hidden = true;
}

// Storage fails where the browser keeps nothing, as in some private windows.
function load() {
  try {
    return JSON.parse(localStorage.getItem(storageKey));
  } catch {
    return null;
  }
}

function keep() {
  try {
    localStorage.setItem(storageKey, JSON.stringify(session));
    return true;
  } catch {
    return false;
  }
}

function forget() {
  try {
    localStorage.removeItem(storageKey);
  } catch { /* Nothing was kept. */ }
}

function newSession() {
  const [seed, code] = crypto.getRandomValues(new Uint32Array(2));
  return {
    format: study.format, page: study.page, kind: study.kind,
    participant: code.toString(36).padStart(7, "0"), seed: seed, started: null, votes: [],
  };
}

function openStart() {
  session = load() || newSession();
  const begun = session.votes.length;
  trials = task.plan(study, generator(session.seed));
  if (begun && begun === trials.length) { openEnd(); return; }
  element("instructions").innerHTML = task.instructions(trials);
  element("storage").textContent = keep()
    ? "You may close this page and go on later in this browser."
    : "This browser keeps nothing: please finish before you close this page.";
  element("code").value = session.participant;
  element("code").disabled = begun > 0;
  element("begin").firstChild.textContent = begun
    ? `Go on after ${begun} of ${trials.length} ` : "Begin ";
  element("anew").hidden = !begun;
  show("start");
  element("begin").focus();
}

function begin() {
  session.participant = element("code").value.trim() || session.participant;
  session.started ||= new Date().toISOString();
  keep();
  goOn();
}

function goOn() {
  show("trial");
  element("question").focus();
  present();
}

function setAnswers(possible) {
  accepting = possible;
  ["left", "right", "stop"].forEach((button) => { element(button).disabled = !possible; });
}

async function present() {
  if (session.votes.length === trials.length) { openEnd(); return; }
  const number = session.votes.length + 1;
  waitingForNext = false;
  element("left").hidden = element("right").hidden = false;
  element("next").hidden = true;
  setAnswers(false);
  element("said").textContent = "";
  element("position").textContent = `${number} of ${trials.length}`;
  element("progress").max = trials.length;
  element("progress").value = number - 1;
  await task.present(trials[number - 1]);
  shownAt = performance.now();
  setAnswers(true);
}

function answer(side) {
  if (!accepting) return;
  setAnswers(false);
  const trial = trials[session.votes.length];
  session.votes.push({
    shown: trial.shown, answer: side.answer,
    milliseconds: Math.round(performance.now() - shownAt), at: new Date().toISOString(),
  });
  keep();
  hidePicture();
  const feedback = task.feedback(trial, side.answer);
  if (feedback === null) { present(); return; }
  element("said").textContent = feedback;
  element("left").hidden = element("right").hidden = true;
  element("next").hidden = false;
  element("next").focus();
  waitingForNext = true;
}

function openEnd() {
  const complete = session.votes.length === trials.length;
  setAnswers(false);
  element("thanks").textContent = complete
    ? `Thank you: all ${trials.length} answered.`
    : `${session.votes.length} of ${trials.length} answered.`;
  element("again").hidden = complete;
  const file = new Blob([JSON.stringify(session, null, 1)], { type: "application/json" });
  URL.revokeObjectURL(element("save").href);
  element("save").href = URL.createObjectURL(file);
  const code = session.participant.replace(/[^\w-]+/g, "_");
  element("save").download = `votes-${study.page}-${code}.json`;
  show("end");
  element("thanks").focus();
}

function startOver() {
  if (!confirm("Delete the votes in this browser? Those not saved as a file are lost.")) return;
  forget();
  openStart();
}

function onKey(event) {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (element("trial").hidden) return;
  const key = event.key.toLowerCase();
  const side = [task.left, task.right].find((one) => one.keys.includes(key));
  if (side) { event.preventDefault(); answer(side); }
  if (key === " " && waitingForNext) { event.preventDefault(); present(); }
}

function label(button, side) {
  element(button).textContent = `${side.label} `;
  const hint = document.createElement("kbd");
  hint.textContent = side.hint;
  element(button).append(hint);
  element(button).addEventListener("click", () => answer(side));
}

function main() {
  element("question").textContent = task.question;
  // The place of the picture keeps its size while it is empty, so that nothing jumps.
  element("stage").style.height = `${study.side}px`;
  label("left", task.left);
  label("right", task.right);
  element("begin").addEventListener("click", begin);
  element("next").addEventListener("click", present);
  element("stop").addEventListener("click", openEnd);
  element("again").addEventListener("click", goOn);
  element("anew").addEventListener("click", startOver);
  element("other").addEventListener("click", startOver);
  document.addEventListener("keydown", onKey);
  openStart();
}

document.addEventListener("DOMContentLoaded", main);
