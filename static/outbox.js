// What this phone keeps, encrypted, and what of it waits to be sent (docs/adr/0012-outbox.md). The forms and the sending
// are outbox-forms.js, loaded when there is a marked form or something to send.
(() => {
  const d = document, body = d.body, root = d.documentElement, nav = navigator, subtle = window.crypto && crypto.subtle;
  if (!window.indexedDB || !subtle) return; // forms stay plain ones
  const $ = (selector, from = d) => from.querySelector(selector);
  const sleep = (ms) => new Promise((ok) => setTimeout(ok, ms));
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const marked = "form[data-outbox],form[data-outbox-leave]", watched = {}, { forms: more, lock: ended } = d.currentScript.dataset;
  let user = body.dataset.user || "", csrf = "", T = {}, fetched = 0, sending, loading;

  // One database. What can be read without the key is what the sender sorts by.
  const opened = new Promise((ok, no) => {
    const r = indexedDB.open("fieldapp", 1);
    r.onupgradeneeded = () => ["outbox", "body", "drafts", "kv", "pages"].forEach((n) => r.result.createObjectStore(n, { keyPath: "id" }));
    r.onsuccess = () => ok(r.result);
    r.onerror = () => no(r.error);
  });
  const tx = async (names, work, mode = "readwrite") => {
    const db = await opened;
    return new Promise((ok, no) => {
      const t = db.transaction(names, mode, { durability: "strict" }), r = work(...names.map((n) => t.objectStore(n)));
      t.oncomplete = () => ok(r && r.result);
      t.onabort = () => no(t.error || Error("aborted"));
    });
  };
  const get = (store, id) => tx([store], (s) => s.get(id), "readonly");
  const seal = async (key, value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12)), plain = value instanceof ArrayBuffer ? value : new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
  };
  const unseal = (key, { iv, data }) => subtle.decrypt({ name: "AES-GCM", iv }, key, data);
  const read = async (key, sealed) => JSON.parse(new TextDecoder().decode(await unseal(key, sealed)));

  const uuid7 = () => {
    const b = crypto.getRandomValues(new Uint8Array(16)), now = Date.now();
    for (let i = 0; i < 6; i++) b[i] = Math.floor(now / 2 ** (40 - 8 * i)) % 256;
    b[6] = b[6] & 15 | 112;
    b[8] = b[8] & 63 | 128;
    return [...b].map((n) => (n + 256).toString(16).slice(1)).join("").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const emit = (name, detail) => d.dispatchEvent(new CustomEvent("outbox:" + name, { detail }));
  const say = (text, tone = "error") => {
    const toast = $("#toast-template").content.firstElementChild.cloneNode(true), use = $("use", toast);
    $("p", toast).textContent = text || body.dataset.failed;
    if (tone !== "error") {
      toast.className = "toast toast-" + tone;
      toast.setAttribute("role", "status");
      use.setAttribute("href", use.getAttribute("href").replace("octagon-x", "circle-check"));
      setTimeout(() => toast.remove(), 6000);
    }
    $("#toasts").replaceChildren(toast);
  };

  // Who writes here, and with which key. It is read anew each time: another tab may have signed out.
  const me = async () => {
    const m = await get("kv", "me");
    return m && m.user === user ? m : null;
  };
  const lock = () => {
    csrf = "";
    return tx(["kv", "pages"], (kv, pages) => { kv.delete("me"); pages.clear(); });
  };
  const ask = (url) => fetch(url, { headers: { "X-Outbox": "1" }, redirect: "manual", cache: "no-store" }).catch(() => ({ headers: new Headers() }));
  const token = async () => {
    const r = await ask("/outbox/token");
    if (r.status === 401 && r.headers.get("X-Lock")) await lock();
    if (r.status !== 200 || !/json/.test(r.headers.get("Content-Type"))) return r.status === 401 ? "login" : "";
    const t = await r.json();
    if (t.user !== user) return "other";
    T = t.texts;
    csrf = t.csrf;
    fetched = Date.now();
    const key = await subtle.importKey("raw", Uint8Array.from(atob(t.key), (c) => c.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);
    await tx(["kv", "pages"], (kv, pages) => {
      const r = kv.get("me");
      r.onsuccess = () => {
        const same = r.result && r.result.user === user;
        if (!same) pages.clear();
        kv.put({ id: "me", user, key, texts: t.texts, lang: t.lang, at: Date.now(), kept: same ? r.result.kept : 0 });
      };
    }).catch(() => {}); // a full phone can still send
    return "ok";
  };
  const holder = async () => await me() || (await token(), await me());

  const kv = {
    get: async (k) => { const m = await me(), row = m && await get("kv", user + " " + k); return row ? read(m.key, row) : undefined; },
    set: async (k, v) => { const m = await holder(), sealed = await seal(m.key, v); await tx(["kv"], (s) => s.put({ id: user + " " + k, ...sealed })); },
    delete: (k) => tx(["kv"], (s) => s.delete(user + " " + k)),
  };

  const mine = async () => (await tx(["outbox"], (s) => s.getAll(), "readonly")).filter((r) => r.user === user).sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  const list = async (sentToo) => {
    const m = await me();
    return m ? Promise.all((await mine()).filter((r) => sentToo || r.state !== "sent").map(async (r) => {
      const { iv, data, ...rest } = r, meta = await read(m.key, r);
      return { ...rest, ...meta, fields: Object.fromEntries(meta.fields) };
    })) : [];
  };

  const show = async () => {
    const all = await mine(), n = (...states) => all.filter((r) => states.includes(r.state)).length, link = $("#outbox");
    const count = { waiting: n("waiting", "held"), sending: sending ? 1 : 0, login: n("login"), rejected: n("rejected") };
    emit("state", count);
    if (!link || !T.sent) return;
    const due = count.waiting + count.login, kept = Number(root.dataset.kept);
    const state = count.rejected ? "rejected" : count.login ? "login" : sending ? "sending" : due ? "waiting" : "sent";
    const text = T[state].replace("{n}", count.rejected || due);
    $("span", link).textContent = kept ? T.kept.replace("{t}", new Date(kept).toTimeString().slice(0, 5)) + " · " + text : text;
    link.dataset.state = kept && state === "sent" ? "kept" : state;
    root.dataset.phone = link.dataset.state;
    link.hidden = false;
  };

  // What one tab has sent, the others hear of.
  const channel = window.BroadcastChannel ? new BroadcastChannel("outbox") : { postMessage() {} };
  const heard = ({ data: { id, answer, detail } }) => {
    if (watched[id]) watched[id](answer);
    if (detail) emit("sent", detail);
    show();
  };
  channel.onmessage = heard;
  const tell = (data) => { channel.postMessage(data); heard({ data }); };
  // The pages of the day, a few at a time; the service worker shows them when there is no signal.
  const keepPages = async () => {
    const m = await me(), due = Date.now() - 18e5;
    if (!m || m.kept > due || root.dataset.kept) return;
    const r = await ask("/outbox/pages"), { pages } = r.status === 200 ? await r.json() : {};
    if (!pages) return;
    for (const url of pages) {
      const row = await get("pages", url);
      if (row && row.at > due) continue;
      const r = await ask(url), headers = [...r.headers].filter(([name]) => /^(content-(type|security)|permissions|referrer|cross)/.test(name));
      if (r.status !== 200) continue;
      const sealed = await seal(m.key, { html: await r.text(), headers });
      await tx(["pages"], (s) => s.put({ id: url, user, at: Date.now(), ...sealed }));
    }
    await tx(["kv", "pages"], (kv, s) => {
      const r = kv.get("me"), keys = s.getAllKeys();
      r.onsuccess = () => { if (r.result && r.result.user === user) kv.put({ ...r.result, kept: Date.now() }); };
      keys.onsuccess = () => keys.result.filter((url) => !pages.includes(url)).forEach((url) => s.delete(url));
    });
  };

  const start = async () => {
    if (ended !== undefined) return lock(); // the door after a session was ended elsewhere
    const m = await get("kv", "me"), here = body.dataset.user, forms = d.querySelectorAll(marked);
    user = user || (m ? m.user : "");
    window.outbox.user = user;
    const known = m && m.user === user, said = sessionStorage.getItem("outbox");
    if (known) T = m.texts;
    if (said) { sessionStorage.removeItem("outbox"); say(said, "ok"); }
    show();
    if (forms.length) await (await withForms()).start(known && m);
    send();
    if (!here) return;
    if (known && !forms.length || !m && !forms.length) await sleep(2000);
    if (!root.dataset.kept && (!known || m.lang !== root.lang || m.at < Date.now() - 864e5)) await token();
    if (forms.length && !known) await (await withForms()).start(await me()); // drafts of who is back
    show();
    if (nav.serviceWorker) nav.serviceWorker.register("/sw.js").catch(() => {});
    await keepPages();
  };

  const withForms = () => loading = loading || new Promise((ok, no) => {
    const script = d.createElement("script");
    script.src = more;
    script.onload = () => ok(window.outbox.forms);
    script.onerror = () => { loading = 0; no(Error(more)); };
    d.head.append(script);
  });
  const unsent = async () => (await mine()).filter((r) => r.state !== "sent");
  const send = async () => { if ((await unsent()).length) (await withForms()).send(); };
  // A form is taken at once and waits for the script.
  d.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches(marked)) return;
    event.preventDefault();
    event.stopPropagation();
    const data = new FormData(form); // now: he may type on while the rest of this is read
    (await withForms()).submitted(form, event.submitter, data);
  }, true);

  window.outbox = { uuid7, list, kv, user, send };
  window.outbox.inner = { $, tx, get, seal, unseal, read, say, emit, parse, sleep, holder, me, lock, token, mine, unsent, show, tell, watched, T: () => T, csrf: (is) => is === undefined ? csrf : csrf = is, reached: () => csrf && Date.now() - fetched < 30000, sending: (is) => { sending = is; show(); } };
  if (nav.serviceWorker) nav.serviceWorker.addEventListener("message", send);
  addEventListener("online", send);
  addEventListener("pageshow", (event) => event.persisted && send());
  d.addEventListener("visibilitychange", () => d.hidden || send());
  start().catch(() => {});
})();
