// Files that are too large are left out before anything is sent, and named; the others go on.
(() => {
  const megabytes = MEGABYTES;
  const isLarge = (file) => file.size > megabytes * 2 ** 20;

  const say = (files) => {
    const lines = files.map((file) => {
      const line = document.createElement("li");
      const size = (file.size / 2 ** 20).toPrecision(3);
      line.textContent = `${file.name}: ${size} MB; this page takes ${megabytes} MB`;
      return line;
    });
    document.querySelector("#too-large ul")?.replaceChildren(...lines);
  };

  const takeOut = (files) => {
    const kept = new DataTransfer();
    files.filter((file) => !isLarge(file)).forEach((file) => kept.items.add(file));
    say(files.filter(isLarge));
    return kept.files;
  };

  const zoneOf = (event) => event.target.closest?.("#add, #palette");

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type !== "file" || !zoneOf(event) || event.isSaid) return;
    const files = [...input.files];
    const kept = takeOut(files);
    if (kept.length === files.length) return;
    input.files = kept;
    if (!kept.length) event.stopImmediatePropagation();
  }, true);

  document.addEventListener("drop", (event) => {
    const zone = zoneOf(event);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!zone || !files.some(isLarge)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const input = zone.querySelector("input[type=file]");
    const kept = takeOut(files);
    if (!input || !kept.length) return;
    input.files = kept;
    // The page goes on as if those files had been chosen.
    const change = new Event("change", { bubbles: true });
    change.isSaid = true;
    input.dispatchEvent(change);
  }, true);
})();
