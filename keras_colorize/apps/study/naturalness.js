const task = {
  question: "Does this image look natural to you?",
  left: { label: "Yes", answer: "yes", keys: ["y", "arrowleft"], hint: "Y or ←" },
  right: { label: "No", answer: "no", keys: ["n", "arrowright"], hint: "N or →" },

  instructions(trials) {
    return `<p>You will see ${trials.length} pictures, one after the other. For each of them:
      does it look natural to you?</p>
      <p>Follow your gut feeling; do not spend much time on details. The same scene may come
      back.</p>
      <p>Answer with the buttons, or with the keys <b>Y</b> and <b>N</b>, or with the arrow
      keys.</p>`;
  },

  // Every photograph comes once, in one of its versions by lot, before any comes again.
  plan(study, random) {
    const chosen = shuffled(study.photographs, random).slice(0, study.perParticipant);
    const versions = chosen.map((ids) => shuffled(ids, random));
    const order = [];
    for (let round = 0; round < versions[0].length; round++) {
      const photographs = shuffled([...versions.keys()], random);
      const last = order.length ? order[order.length - 1].photograph : -1;
      if (photographs[0] === last) photographs.push(photographs.shift());
      photographs.forEach((photograph) => {
        order.push({ photograph: photograph, shown: [versions[photograph][round]] });
      });
    }
    return order;
  },

  present: (trial) => showPicture(trial.shown[0]),
  feedback: () => null,
};
