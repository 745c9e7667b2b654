// Shows the results as they come; the browser connects again by itself when they break off.
const results = new EventSource("/results");
results.addEventListener("results", (event) => {
  for (const { slug, votes } of JSON.parse(event.data)) {
    document.querySelector(`[data-choice="${slug}"]`).textContent = votes;
  }
});
