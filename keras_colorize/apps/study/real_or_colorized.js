const SHOWN_MILLISECONDS = 1000;
const BLANK_MILLISECONDS = 500;

const task = {
  question: "Which of the two was colorized?",
  left: { label: "First", answer: "first", keys: ["1", "arrowleft"], hint: "1 or ←" },
  right: { label: "Second", answer: "second", keys: ["2", "arrowright"], hint: "2 or →" },

  instructions(trials) {
    const practice = trials.filter((trial) => trial.colorized).length;
    return `<p>You will see ${trials.length} pairs of pictures. Both show the same scene, each for
      one second, one after the other. One of them has its true colors; the colors of the other
      were made by a computer. Which one was colorized?</p>
      <p>Take any time to answer: with the buttons, with the keys <b>1</b> and <b>2</b>, or with
      the arrow keys. The next pair comes by itself.</p>
      ${practice ? `<p>The first ${practice} pairs are for practice: you are told whether you were
      right, and they do not count.</p>` : ""}`;
  },

  plan(study, random) {
    const practice = shuffled(study.practice, random).map((one) => (
      { shown: shuffled(one.pair, random), colorized: one.colorized }
    ));
    const pairs = shuffled(study.pairs, random);
    return practice.concat(pairs.map((pair) => ({ shown: shuffled(pair, random) })));
  },

  // A pair during which the page was out of sight is shown again.
  async present(trial) {
    let seen = false;
    while (!seen) {
      seen = true;
      const miss = () => { seen = false; };
      document.addEventListener("visibilitychange", miss);
      for (const [index, name] of trial.shown.entries()) {
        await pause(BLANK_MILLISECONDS);
        element("said").textContent = index ? "Second" : "First";
        await showPicture(name);
        await pause(SHOWN_MILLISECONDS);
        hidePicture();
      }
      document.removeEventListener("visibilitychange", miss);
      seen &&= !document.hidden;
    }
    element("said").textContent = "Which one was colorized?";
  },

  feedback(trial, answer) {
    if (!trial.colorized) return null;
    const colorized = trial.shown[0] === trial.colorized ? "first" : "second";
    return `${answer === colorized ? "Right" : "Wrong"}: the ${colorized} one was colorized.`;
  },
};
