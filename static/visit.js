// A visit: the place is asked for on a tap, and the screen goes on without a signal. Each form works without this file.
(() => {
  const d = document, $ = (selector, from = d) => from.querySelector(selector), all = (selector) => d.querySelectorAll(selector);
  const NOBODY = "00000000-0000-0000-0000-000000000000", MARK = "visit-at";
  const page = () => $("#visit"); // looked up each time: an answer may replace what stands in <main>
  const hide = (id, hidden) => { const e = $("#" + id); if (e) e.hidden = hidden; };
  const box = () => window.outbox;
  if (!page()) return;

  // One point, on a tap. Where there is none, say why and what to do, and let it go without.
  const locate = (form, button) => {
    const notice = $("[data-no-place]", form), busy = (on) => on ? button.setAttribute("aria-busy", "true") : button.removeAttribute("aria-busy");
    const put = (values) => { for (const name in values) form.elements[name].value = values[name]; };
    const fail = (problem) => {
      busy(false);
      put({ problem });
      notice.querySelectorAll("[data-problem]").forEach((p) => { p.hidden = p.dataset.problem !== problem; });
      notice.hidden = false;
      notice.focus();
    };
    notice.hidden = true;
    if (!navigator.geolocation) return fail("unavailable");
    busy(true);
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      busy(false);
      put({ lat: coords.latitude.toFixed(6), lng: coords.longitude.toFixed(6), accuracy: Math.round(coords.accuracy), problem: "" });
      form.requestSubmit();
    }, ({ code }) => fail(["", "denied", "unavailable", "timeout"][code]), { enableHighAccuracy: true, timeout: 10000, maximumAge: 0 });
  };
  d.addEventListener("click", (event) => {
    const button = event.target.closest("[data-place]");
    if (!button) return;
    event.preventDefault();
    if (!button.hasAttribute("aria-busy") && button.form.reportValidity()) locate(button.form, button);
  });

  // An answer shows the page anew: where one was, and what stood open, is found again.
  d.addEventListener("submit", ({ target }) => {
    if (!target.closest("#visit")) return;
    const open = [...all("#visit details[open]")].map((e) => e.id).filter(Boolean);
    sessionStorage.setItem(MARK, JSON.stringify([page().dataset.distributor, scrollY, open]));
    // What waits is told apart by what it is about.
    const { dataset, elements } = target, subject = elements.subject || elements.caption;
    dataset.title = dataset.title || dataset.outbox;
    if (subject && subject.value) dataset.outbox = `${subject.value} · ${dataset.title}`;
  }, true);
  const [where, top, open] = JSON.parse(sessionStorage.getItem(MARK) || "[]");
  sessionStorage.removeItem(MARK);
  if (where === page().dataset.distributor && !$("[aria-invalid=true]")) {
    open.forEach((id) => { const e = d.getElementById(id); if (e) e.open = true; });
    scrollTo(0, top);
  }

  // What only the phone knows yet: a check-in that waits, or one that was sent since this page was kept; the same of a
  // check-out. The server's page names the visits it knows.
  const leads = (url, end) => new URL(url, location).pathname.endsWith(end);
  const checkIn = () => `/distributors/${page().dataset.distributor}/visit`;
  const keep = () => `visit:${page().dataset.distributor}`;
  const begin = (id) => {
    all("#during form").forEach((form) => {
      form.setAttribute("action", form.getAttribute("action").replace(NOBODY, id));
      form.dataset.outboxAfter = id;
    });
    all("[data-late]").forEach((input) => { input.value = id; });
  };
  const look = async () => {
    const at = page();
    if (!box() || !at || !$("#during")) return;
    const rows = (await box().list()).filter((row) => row.state !== "rejected"), held = await box().kv.get(keep());
    const known = held && at.dataset.known.split(" ").includes(held.visit);
    const waits = rows.find((row) => leads(row.url, checkIn()));
    const id = waits ? waits.id : held && !known ? held.visit : at.dataset.visit;
    if (known && !id) await box().kv.delete(keep());
    const left = id && ((held && held.visit === id && held.left) || rows.some((row) => leads(row.url, `/visits/${id}/departure`)));
    if (id) begin(id);
    hide("before", id && !left);
    hide("to-check-in", id && !left);
    hide("during", !id || left);
    hide("to-check-out", !id || left);
    hide("after", !left);
    const mine = id ? rows.filter((row) => row.id === id || row.after === id) : [], list = $("#waiting ul"), model = $("#waiting template").content.firstElementChild;
    list.replaceChildren(...mine.map((row) => {
      const item = model.cloneNode(true);
      $(".row-title", item).textContent = row.title;
      return item;
    }));
    hide("waiting", !mine.length);
  };
  d.addEventListener("outbox:queued", ({ detail: { form, url } }) => {
    if (form && form.closest("#during") && !leads(url, "/departure")) form.reset();
    look();
  });
  d.addEventListener("outbox:sent", async ({ detail: { id, url } }) => {
    const visit = leads(url, "/departure") ? new URL(url, location).pathname.split("/").slice(-2)[0] : id, left = visit !== id;
    if (page() && (left ? visit === page().dataset.visit || !page().dataset.visit : leads(url, checkIn()))) await box().kv.set(keep(), { visit, left });
    look();
  });
  // What the fields of products offer: of the server, or kept from the last time.
  const offer = async () => {
    const list = $("#our-products");
    if (!list) return;
    let names = await fetch(list.dataset.from).then((answer) => answer.json()).catch(() => null);
    if (names && box()) await box().kv.set("products", names);
    names = names || (box() && await box().kv.get("products")) || [];
    list.replaceChildren(...names.map((name) => Object.assign(d.createElement("option"), { value: name })));
  };
  offer();
  addEventListener("pageshow", look);
  d.addEventListener("outbox:state", look);
  d.addEventListener("outbox:swapped", () => { offer(); look(); });
})();
