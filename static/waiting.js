// The page Waiting: each record with its state, and what to do about it.
(() => {
  const d = document, page = d.getElementById("waiting"), outbox = window.outbox, say = page.dataset;
  const part = (name) => page.querySelector(`[data-part=${name}]`);
  if (!outbox) return;
  const clock = (ms) => new Date(ms).toLocaleString(d.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const make = (name, texts) => {
    const item = d.getElementById("record-" + name).content.firstElementChild.cloneNode(true);
    for (const key in texts) {
      const e = item.querySelector(`[data-${key}]`);
      e.textContent = texts[key];
      e.hidden = !texts[key];
    }
    return item;
  };
  const confirmed = (then) => {
    const box = d.getElementById("confirm");
    if (!box.showModal) return confirm(say.sure) && then();
    d.getElementById("confirm-text").textContent = say.sure;
    box.returnValue = "";
    box.onclose = () => box.returnValue && then();
    box.showModal();
  };
  const does = {
    send: (id) => outbox.retry(id),
    delete: (id) => confirmed(() => outbox.remove(id)),
  };
  const shown = (rec, titles) => {
    const state = titles[rec.after] ? say.after.replace("{n}", titles[rec.after])
      : rec.state === "waiting" && rec.due > Date.now() ? say.due.replace("{t}", clock(rec.due)) : say[rec.state];
    const what = Object.entries(rec.fields).filter(([name, value]) => value && !/^(lat|lng|accuracy|taken_at)$/.test(name)).map(([, value]) => value);
    if (rec.files.length) what.push(say.photos.replace("{n}", rec.files.length));
    const item = make("open", { title: rec.title, when: say.written.replace("{t}", clock(rec.created)), state, error: rec.error || "", what: what.join(" · ") });
    const open = { correct: !rec.maybe, login: rec.state === "login", send: rec.state !== "login", delete: !rec.maybe };
    item.querySelectorAll("[data-do]").forEach((e) => {
      const name = e.dataset.do;
      e.hidden = !open[name];
      if (name === "correct") e.href = `${rec.page}#outbox=${rec.id}`;
      if (does[name]) e.onclick = () => does[name](rec.id);
    });
    return item;
  };
  let drawing;
  const draw = async () => {
    const { me, mine } = outbox.inner, locked = !await me(), all = locked ? [] : await outbox.list(true);
    const open = all.filter((r) => r.state !== "sent"), done = all.filter((r) => r.state === "sent").reverse();
    const titles = Object.fromEntries(open.map((r) => [r.id, r.title])), focused = d.activeElement && d.activeElement.dataset.do;
    part("locked").hidden = !locked || !(await mine()).length;
    part("none").hidden = locked || open.length > 0;
    part("open").hidden = !open.length;
    part("open").replaceChildren(...open.map((rec) => shown(rec, titles)));
    part("done").hidden = !done.length;
    page.querySelector("[data-done]").replaceChildren(...done.map((r) => make("done", { title: r.title, when: say.gone.replace("{t}", clock(r.at)) })));
    const again = focused && part("open").querySelector(`[data-do=${focused}]:not([hidden])`);
    if (again) again.focus();
  };
  const soon = () => { clearTimeout(drawing); drawing = setTimeout(draw, 50); };
  d.addEventListener("outbox:state", soon);
  soon();
})();
