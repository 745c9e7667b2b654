// Makes selecting rows handier. Everything works without it.
(() => {
  const form = document.querySelector("[data-rows]");
  if (!form) return;
  const ticks = [...form.querySelectorAll("input[name=id]")];
  const all = form.querySelector("[data-select-all]");
  const page = form.querySelector("[data-select-page]");
  const count = form.querySelector("[data-count]");
  if (!ticks.length || !all || !page) return;
  const pageTick = page.querySelector("input");
  page.hidden = false;

  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    pageTick.checked = ticked === ticks.length;
    pageTick.indeterminate = ticked > 0 && ticked < ticks.length;
    count.textContent = all.checked || !ticked ? "" : `${ticked} selected`;
  };
  pageTick.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = pageTick.checked;
    show();
  });
  form.addEventListener("change", (event) => {
    if (event.target !== pageTick) show();
  });
  show();
})();
