// The page that stands in for one that was not kept: says which ones are.
(() => {
  const d = document, { inner } = window.outbox || {};
  if (!inner) return;
  (async () => {
    const me = await inner.get("kv", "me"), rows = me ? await inner.tx(["pages"], (s) => s.getAll(), "readonly") : [];
    const kept = rows.filter((row) => row.user === me.user && row.at > Date.now() - 864e5);
    for (const row of kept) {
      const { html } = await inner.read(me.key, row), item = d.getElementById("kept").content.firstElementChild.cloneNode(true);
      item.querySelector("a").href = row.id;
      item.querySelector("[data-title]").textContent = inner.parse(html).title.split(" · ")[0];
      item.querySelector("[data-when]").textContent = new Date(row.at).toTimeString().slice(0, 5);
      d.querySelector("[data-pages]").append(item);
    }
    d.querySelector("[data-kept]").hidden = !kept.length;
    d.querySelector("[data-empty]").hidden = kept.length > 0;
  })();
})();
