// Marked forms are written into the phone first, then sent, in order, once (docs/adr/0012-outbox.md).
(() => {
  const d = document, body = d.body, nav = navigator, marked = "form[data-outbox]";
  const { $, tx, get, seal, unseal, read, say, emit, parse, sleep, holder, me, lock, token, mine, unsent, show, tell, watched, T, csrf, reached, sending } = window.outbox.inner;
  const { uuid7 } = window.outbox;
  let timer, job, again, fails = 0;

  // Sending: whoever holds the lock sends.
  const settle = async (rec, change, meta) => {
    const m = meta && await me(), sealed = m ? await seal(m.key, meta) : {};
    const put = (row) => tx(["outbox", "body"], (o, b) => {
      const r = o.get(rec.id);
      r.onsuccess = () => {
        if (!r.result || r.result.rev !== rec.rev) return;
        if (row) o.put({ ...r.result, ...sealed, ...change }); else o.delete(rec.id);
        if (change.state === "sent") b.delete(rec.id);
      };
    });
    await put(1).catch((e) => { if (change.state !== "sent") throw e; return put(); }); // a full phone still forgets
  };
  const post = async (rec, meta, files) => {
    const form = new FormData(), stop = new AbortController(), late = setTimeout(() => stop.abort(), 120000);
    meta.fields.forEach(([name, value]) => form.append(name, value));
    form.append("id", rec.id);
    files.forEach((blob, i) => form.append(meta.files[i][0], blob, meta.files[i][1]));
    const headers = { "X-Outbox": "1", "X-CSRFToken": csrf(), "Idempotency-Key": rec.id, "X-Client-Created": rec.created, "X-Client-Now": Date.now() };
    if (watched[rec.id]) headers["X-Outbox-Watched"] = "1";
    try {
      const r = await fetch(meta.url, { method: "POST", body: form, redirect: "manual", signal: stop.signal, headers });
      return { status: r.type === "opaqueredirect" ? 401 : r.status, headers: r.headers, html: await r.text() };
    } catch (e) {
      csrf("");
      return { status: 0, headers: new Headers() };
    } finally { clearTimeout(late); }
  };
  const one = async (rec, m) => {
    const meta = await read(m.key, rec), held = meta.files.length ? await get("body", rec.id) : null;
    const files = held ? await Promise.all(held.parts.map(async (p, i) => new Blob([await unseal(m.key, p)], { type: meta.files[i][2] }))) : [];
    let claimed;
    // From here on it may have arrived, so it can no longer be changed; unless somebody just began to change it.
    await tx(["outbox"], (o) => {
      const r = o.get(rec.id);
      r.onsuccess = () => { claimed = r.result && r.result.rev === rec.rev && r.result.state === rec.state; if (claimed) o.put({ ...r.result, maybe: 1 }); };
    });
    if (!claimed) return true;
    let r = await post(rec, meta, files);
    if (r.status === 419 && await token() === "ok") r = await post(rec, meta, files);
    const { status, headers, html } = r, ok = status >= 200 && status < 300, id = rec.id;
    if (ok && headers.get("X-Receipt") === id) {
      await settle(rec, { state: "sent", at: Date.now() });
      const next = headers.get("X-Next") || "";
      tell({ id, answer: { sent: 1, next }, detail: { id, url: meta.url, title: meta.title, after: rec.after, fields: Object.fromEntries(meta.fields), next } });
      return true;
    }
    if (status === 401) {
      csrf("");
      await settle(rec, { state: "login", maybe: rec.maybe });
      if (headers.get("X-Lock")) await lock();
      tell({ id, answer: {} });
      return false;
    }
    if (status >= 400 && status < 500 && ![408, 419, 425, 429].includes(status) && !(status === 409 && headers.get("Retry-After"))) {
      meta.error = [...parse(html).querySelectorAll("main .error, main .notice-error p:not(.strong), [data-error]")].map((e) => e.textContent.trim()).join(" ").replace(/\s+/g, " ").slice(0, 500);
      await settle(rec, { state: "rejected", maybe: 0 }, meta);
      tell({ id, answer: { status, html, error: meta.error } });
      return true;
    }
    const tries = rec.tries + 1, wait = Math.max(Number(headers.get("Retry-After")) * 1000 || 0, later(tries));
    await settle(rec, { tries, due: Date.now() + wait, state: "waiting" });
    tell({ id, answer: {} });
    plan(wait);
    return false;
  };
  const later = (tries) => Math.min(300000, 1000 * 2 ** tries) * (0.75 + Math.random() / 2);
  const plan = (ms) => { clearTimeout(timer); timer = setTimeout(send, ms); };
  const drain = async () => {
    for (;;) {
      const all = await mine(), there = new Set(all.filter((r) => r.state !== "sent").map((r) => r.id));
      const rec = all.find((r) => ["waiting", "login"].includes(r.state) && !there.has(r.after)), now = Date.now();
      const old = all.filter((r) => r.state === "sent").slice(0, -20);
      if (old.length) await tx(["outbox"], (o) => { old.forEach((r) => o.delete(r.id)); });
      if (!rec) break;
      if (rec.due > now) { plan(rec.due - now); break; }
      sending(1);
      // The token is asked for again after a while: where there is no signal nothing is tried, and can still be changed.
      const got = !nav.onLine ? "" : reached() ? "ok" : await token(), m = await me();
      if (got !== "ok" || !m) {
        if (got === "login") await settle(rec, { state: "login" });
        tell({ id: rec.id, answer: {} });
        plan(later(++fails));
        break;
      }
      fails = 0;
      if (!await one(rec, m)) break;
    }
  };
  const send = () => {
    again = job;
    job = job || (nav.locks ? nav.locks.request("outbox", drain) : drain()).catch(() => plan(60000)).then(() => { job = 0; sending(0); if (again) send(); });
  };

  const remove = async (id) => { await tx(["outbox", "body"], (o, b) => { o.delete(id); b.delete(id); }); tell({ id }); };
  const retry = async (id) => {
    const rec = await get("outbox", id);
    if (rec) await settle(rec, { state: "waiting", due: 0 });
    send();
  };

  // Forms
  const hidden = (form) => [...form.elements].filter((e) => e.type === "hidden" && !e.hasAttribute("data-late") && e.name !== "id" && e.name !== "csrf_token");
  // Kept beside the forms and not on them: on a form a field of the same name stands in the way.
  const places = new WeakMap(), timers = new WeakMap();
  const place = (form) => {
    if (!places.has(form)) places.set(form, [window.outbox.user, location.pathname, form.getAttribute("action"), ...hidden(form).map((e) => e.name + "=" + e.value)].join(" "));
    return places.get(form);
  };
  const texts = (data) => [...data].filter(([name, value]) => typeof value === "string" && name !== "csrf_token" && name !== "id");
  const fill = (form, fields) => {
    const left = [...fields];
    for (const e of form.elements) {
      if (/hidden|file|password|submit|button|fieldset/.test(e.type)) continue;
      const at = left.findIndex(([name, value]) => name === e.name && (!/radio|checkbox/.test(e.type) || value === e.value));
      if (/radio|checkbox/.test(e.type)) e.checked = at >= 0;
      else if (at >= 0) e.value = left.splice(at, 1)[0][1];
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const formOf = (url, fields) => {
    const fits = (form) => hidden(form).filter((e) => fields.some(([name, value]) => name === e.name && value === e.value)).length;
    return [...d.querySelectorAll(marked)].filter((f) => f.getAttribute("action") === url).sort((a, b) => fits(b) - fits(a))[0];
  };
  const fresh = (form) => { delete form.dataset.key; delete form.dataset.edit; delete form.dataset.done; };
  const free = (form) => {
    delete form.dataset.sent;
    delete form.dataset.busy;
    form.querySelectorAll("[aria-busy]").forEach((e) => e.removeAttribute("aria-busy"));
  };
  const go = (url) => {
    const there = new URL(url, location.href);
    if (there.pathname + there.search !== location.pathname + location.search) return location.assign(there);
    location.hash = there.hash;
    location.reload();
  };
  const shrink = async (file) => {
    try {
      const image = await createImageBitmap(file, { imageOrientation: "from-image" }), canvas = d.createElement("canvas");
      const scale = Math.min(1, 1600 / Math.max(image.width, image.height));
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((ok) => canvas.toBlob(ok, "image/jpeg", 0.8));
      return blob ? new File([blob], file.name.replace(/\.\w*$/, "") + ".jpg", { type: blob.type }) : file;
    } catch (e) { return file; } // not a picture that this browser can read: the server says what it thinks of it
  };
  const swap = (html, id, meta) => {
    const page = parse(html);
    if (!$("#main", page)) return false;
    for (const part of ["#main", ".aside", ".actions"]) if ($(part) && $(part, page)) $(part).replaceWith(d.adoptNode($(part, page)));
    if (window.htmx) htmx.process($("#main"));
    const form = formOf(meta.url, meta.fields), wrong = $("#main [aria-invalid=true]");
    if (form) { form.dataset.key = id; form.dataset.edit = 1; }
    (wrong || $("#main")).focus();
    emit("swapped", { id, form });
    return true;
  };
  const tapped = new WeakMap(); // what was sent again while a form is being kept
  // Keeps `data`, what the form held when it was sent. True: somebody has typed on meanwhile, and that stands in the form.
  const take = async (form, button, data) => {
    const edit = form.dataset.edit, given = JSON.stringify(texts(data)), files = [], parts = [], blobs = [];
    const m = await holder();
    if (!m) return say(T().nokey || body.dataset.offline);
    if (button && button.name) data.append(button.name, button.value);
    let id = form.dataset.key || (form.dataset.key = uuid7()), kept, created = Date.now();
    const fields = texts(data), meta = { url: form.getAttribute("action"), title: form.dataset.outbox, page: location.pathname + location.search, fields, files };
    for (const [name, value] of data) if (typeof value !== "string" && value.size) {
      const file = [...form.elements].some((e) => e.name === name && e.matches("[data-photo]")) ? await shrink(value) : value;
      files.push([name, file.name, file.type]);
      blobs.push(file);
      parts.push(await seal(m.key, await file.arrayBuffer()));
    }
    if (edit) { // what is not chosen anew stays as it was
      const rec = await get("outbox", id), held = await get("body", id);
      if (rec) created = rec.created;
      if (rec && held) (await read(m.key, rec)).files.forEach((file, i) => { if (!files.some(([name]) => name === file[0])) { files.push(file); parts.push(held.parts[i]); } });
    }
    const rec = { user: window.outbox.user, after: form.dataset.outboxAfter || "", created, state: "waiting", tries: 0, due: 0, rev: uuid7(), ...await seal(m.key, meta) };
    // The record in and the draft out at once; other content is never written over what waits.
    const put = () => tx(["outbox", "body", "drafts"], (o, b, drafts) => {
      const r = o.get(id);
      r.onsuccess = () => {
        const old = r.result;
        kept = !old || old.state === "sent" || edit && !old.maybe;
        if (!kept) return;
        o.put({ ...rec, id });
        if (parts.length) b.put({ id, parts }); else b.delete(id);
        drafts.delete(place(form));
      };
    });
    const detail = { id, url: meta.url, title: meta.title, after: rec.after, fields: Object.fromEntries(fields), form };
    let answer;
    try {
      await put();
      if (!kept && edit) return say(T().busy);
      if (!kept) { detail.id = id = form.dataset.key = uuid7(); await put(); }
    } catch (e) { // no room: what can be sent at once need not be kept
      const r = nav.onLine && !edit && (csrf() || await token() === "ok") ? await post({ ...rec, id }, meta, blobs) : {};
      if (!r.headers || r.headers.get("X-Receipt") !== id) return say(T().full);
      answer = { sent: 1, next: r.headers.get("X-Next") };
    }
    if (!answer) {
      emit("queued", detail);
      const answered = new Promise((ok) => { watched[id] = ok; });
      show();
      send();
      answer = nav.onLine && await Promise.race([answered, sleep(4000)]) || {};
      delete watched[id];
    }
    if (answer.html && [409, 422].includes(answer.status) && swap(answer.html, id, meta)) return answer.status === 409 ? say(answer.error) : undefined; // 409: as somebody else left it
    if (answer.status) {
      form.dataset.edit = 1;
      return say(answer.error);
    }
    form.dataset.done = 1;
    const next = answer.sent ? answer.next : form.dataset.outboxNext;
    if (next) {
      if (!answer.sent) sessionStorage.setItem("outbox", T().queued);
      return go(next);
    }
    say(answer.sent ? T().done : T().queued, "ok");
    const typed = JSON.stringify(texts(new FormData(form))) !== given;
    if (!typed) form.reset();
    else for (const e of form.elements) if (e.type === "file" && data.getAll(e.name).includes(e.files[0])) e.value = "";
    fresh(form);
    if (typed) form.dataset.key = uuid7();
    if (!answer.sent && nav.serviceWorker) nav.serviceWorker.ready.then((r) => r.sync && r.sync.register("outbox")).catch(() => {});
    return typed;
  };

  const leave = async (form) => {
    const box = $("#outbox-leave"), left = (await unsent()).length;
    if (!nav.onLine) return say(body.dataset.offline);
    if (left && box && box.showModal) {
      $("[data-n]", box).textContent = left;
      box.returnValue = "";
      const choice = await new Promise((ok) => { box.onclose = () => ok(box.returnValue); box.showModal(); });
      if (choice === "send") send();
      if (choice !== "leave") return undefined;
    }
    await lock();
    HTMLFormElement.prototype.submit.call(form);
  };

  const submitted = async (form, button, data) => {
    if (form.dataset.busy) { tapped.set(form, [button, data]); return; }
    form.dataset.busy = 1;
    clearTimeout(timers.get(form));
    const typed = await (form.matches(marked) ? take(form, button, data) : leave(form)).catch(() => say(T().full));
    free(form);
    const again = tapped.get(form);
    tapped.delete(form);
    if (typed && again) await submitted(form, ...again); // tapped twice is once; tapped with other words is twice
  };

  // Drafts: what is typed survives a reload. Text only; a photo has to be chosen again.
  const draft = async (form) => {
    const m = await me(), key = form.dataset.key;
    if (!m || !key || form.dataset.edit) return;
    const sealed = await seal(m.key, { key, fields: texts(new FormData(form)) });
    await tx(["drafts", "outbox"], (drafts, o) => {
      const r = o.get(key);
      r.onsuccess = () => { if (!r.result && form.dataset.key === key && !form.dataset.busy) drafts.put({ id: place(form), at: Date.now(), ...sealed }); };
    }).catch(() => {}); // no room for a draft is no reason to stop anybody
  };
  const restore = async (form, m) => {
    const found = await get("drafts", place(form)), { key, fields } = found ? await read(m.key, found).catch(() => ({})) : {};
    if (!key || form.dataset.key) return;
    if (found.at < Date.now() - 6048e5 || await get("outbox", key)) return tx(["drafts"], (s) => s.delete(found.id));
    fill(form, fields);
    form.dataset.key = key;
    $("#live").textContent = T().restored;
  };
  d.addEventListener("input", ({ target }) => {
    const form = target.form;
    if (!form || !form.matches(marked)) return;
    if (form.dataset.done) fresh(form);
    form.dataset.key = form.dataset.key || uuid7();
    place(form);
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => draft(form), 250));
  });
  d.addEventListener("change", ({ target }) => {
    const taken = target.matches("[data-photo]") && target.files[0] && target.form.elements.taken_at;
    if (taken) taken.value = target.files[0].lastModified;
  });

  // "Correct" on the page Waiting leads to the page that a record was written on, with #outbox=KEY.
  const correct = async (id, m) => {
    const rec = await get("outbox", id);
    if (!rec || rec.user !== window.outbox.user || rec.state === "sent") return;
    const meta = await read(m.key, rec), form = formOf(meta.url, meta.fields);
    if (!form) return say(T().gone);
    if (rec.maybe) return say(T().busy);
    await settle(rec, { state: rec.state === "rejected" ? "rejected" : "held" });
    fill(form, meta.fields);
    form.dataset.key = id;
    form.dataset.edit = 1;
    for (let e = form; e = e.parentElement.closest("details");) e.open = true;
    form.scrollIntoView({ block: "center" });
    if (meta.error) say(meta.error);
    show();
  };

  const start = async (m) => {
    const wanted = /^#outbox=(.{36})$/.exec(location.hash);
    if (!m) return;
    if (wanted) await correct(wanted[1], m);
    for (const form of d.querySelectorAll(marked)) await restore(form, m);
  };
  Object.assign(window.outbox, { remove, retry, forms: { start, submitted, send } });
})();
