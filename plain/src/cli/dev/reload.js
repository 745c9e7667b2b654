// Keeps an open page up to date while its application is developed: reloads it when something
// changed, and shows why the application could not be built. Sent only by `plain dev`.
(() => {
  "use strict";
  const loaded = new URL(document.currentScript.src).searchParams.get("id");
  let source;
  let panel;

  function element(parent, name, text, style) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.assign(made.style, style);
    parent.append(made);
    return made;
  }

  function show(title, problems) {
    hide();
    panel = element(document.body, "section", "", {
      position: "fixed", inset: "0", zIndex: "2147483647", overflow: "auto", boxSizing: "border-box",
      padding: "2rem", background: "#1b1b1f", color: "#f2f2f2", font: "16px/1.5 system-ui, sans-serif",
      textAlign: "left",
    });
    panel.id = "plain-dev";
    panel.setAttribute("role", "alert");
    element(panel, "h1", title, { fontSize: "1.4rem", margin: "0 0 1rem", color: "#ff8a80" });
    for (const problem of problems) {
      if (problem.place) {
        element(panel, "p", problem.place, { margin: "1rem 0 0", fontWeight: "bold" });
      }
      element(panel, "pre", problem.text, {
        margin: "0.25rem 0", whiteSpace: "pre-wrap", font: "14px/1.45 ui-monospace, monospace",
        color: "inherit", background: "none",
      });
    }
    const close = element(panel, "button", "Show the page of before", { marginTop: "1rem", font: "inherit" });
    close.addEventListener("click", hide);
  }

  function hide() {
    if (panel) panel.remove();
    panel = undefined;
  }

  function listen() {
    source = new EventSource("/__plain_dev__/events");
    source.addEventListener("message", (event) => {
      const news = JSON.parse(event.data);
      if (news.id !== loaded) {
        source.close();
        location.reload();
      } else if (news.status === "failed") {
        show(news.title, news.problems);
      } else if (news.status === "fine") {
        hide();
      }
    });
  }

  // A browser keeps few connections to one host: those of pages that nobody sees are given back.
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) listen();
  });
  addEventListener("pagehide", () => source.close());
  listen();
})();
