// What the pages gain from JavaScript. Everything here is optional: each page works without it.
(() => {
  const d = document, root = d.documentElement;
  const $ = (selector, from = d) => from.querySelector(selector);
  root.classList.add("js");

  // Toasts go by themselves, errors stay until they are closed.
  const watch = (toast) => {
    if (toast.matches(".toast-error") || toast.dataset.seen) return;
    toast.dataset.seen = 1;
    const leave = () => toast.matches(":hover,:focus-within") ? setTimeout(leave, 2000) : toast.remove();
    setTimeout(leave, 6000);
  };
  const watchAll = () => d.querySelectorAll("#toasts>.toast").forEach(watch);
  const complain = (text) => {
    const toast = $("#toast-template").content.firstElementChild.cloneNode(true);
    $("p", toast).textContent = text;
    $("#toasts").replaceChildren(toast);
  };

  // The live region speaks what [data-announce] says, once per change.
  let said = "";
  const announce = () => {
    const text = [...d.querySelectorAll("[data-announce]")].map((e) => e.dataset.announce).join(". ");
    if (text !== said) $("#live").textContent = said = text;
  };
  const focusInvalid = (from) => { const first = $("form [aria-invalid=true], form [autofocus]", from); if (first) first.focus(); };

  // Asks in the page's own dialog; the browser's where <dialog> is missing.
  const ask = (text, yes, no = () => {}) => {
    const box = $("#confirm");
    if (!box.showModal) return confirm(text) ? yes() : no();
    $("p", box).textContent = text;
    box.returnValue = "";
    box.onclose = () => box.returnValue ? yes() : no();
    box.showModal();
  };

  const locate = (e, then) => {
    if (!navigator.geolocation) return true;
    e.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      e.removeAttribute("aria-busy");
      $("[name=lat]", e.form).value = coords.latitude.toFixed(5);
      $("[name=lng]", e.form).value = coords.longitude.toFixed(5);
      then();
    }, () => { e.removeAttribute("aria-busy"); complain(e.dataset.nearFailed || d.body.dataset.failed); }, { timeout: 10000, maximumAge: 60000 });
  };

  const actions = {
    dismiss: (e) => e.closest(".toast").remove(),
    print: () => print(),
    copy: (e) => navigator.clipboard && navigator.clipboard.writeText(e.dataset.copy).then(() => { $("#live").textContent = e.dataset.copied || "✓"; e.setAttribute("aria-pressed", "true"); }),
    open: (e) => { const box = d.getElementById(e.dataset.open); if (!box.showModal) return true; box.showModal(); },
    close: (e) => { const box = e.closest("dialog"); if (!box.open) return true; box.close(); },
    setValue: (e) => {
      const input = $(e.dataset.setValue);
      input.value = e.dataset.value;
      ["input", "change"].forEach((type) => input.dispatchEvent(new Event(type, { bubbles: true })));
      input.focus();
    },
    step: (e) => {
      const input = $(e.dataset.step), now = Number(input.value.replace(/,/g, "")) || 0;
      input.value = Math.max(0, Math.round((now + Number(e.dataset.by)) * 1000) / 1000);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
    // "Nearby first" and "I am here": the place is asked for on a tap only, and goes nowhere but into this form.
    near: (e) => locate(e, () => e.form.requestSubmit()),
    locate: (e) => locate(e, () => { $("#live").textContent = e.textContent; }),
  };

  d.addEventListener("click", (event) => {
    for (const name in actions) {
      const element = event.target.closest(`[data-${name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase())}]`);
      if (element && !actions[name](element)) return event.preventDefault();
    }
  });

  d.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter, text = (button && button.dataset.confirm) || form.dataset.confirm;
    if (form.method === "dialog") return;
    if (form.closest("#answer[aria-busy=true]")) {
      if (!navigator.onLine) complain(d.body.dataset.offline);
      return event.preventDefault();
    }
    if (text && form.dataset.sure !== "1") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return ask(text, () => { form.dataset.sure = "1"; form.requestSubmit(button || undefined); form.dataset.sure = ""; });
    }
    // A form that htmx sends looks after itself with hx-sync; a plain one goes once.
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post],[hx-put],[hx-patch],[hx-delete]")) return;
    if (form.dataset.sent && !(window.outbox && form.matches("[data-outbox]"))) return event.preventDefault(); // what is kept tells twice from a double tap itself
    form.dataset.sent = 1;
    if (button) button.setAttribute("aria-busy", "true");
    setTimeout(release, 8000); // the answer may be a file: the page stays
  }, true);
  const release = () => d.querySelectorAll("[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-busy]").forEach((e) => e.removeAttribute("aria-busy"));
  });
  addEventListener("pageshow", release);

  d.addEventListener("change", ({ target }) => {
    if (target.matches("[data-theme-choice]")) root.dataset.theme = target.value;
    if (target.closest("[data-submit-on-change]")) target.form.requestSubmit();
  });

  d.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    event.preventDefault();
    ask(ctx.confirm, issueRequest, dropRequest);
  });
  d.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    announce();
    watchAll();
    if (ctx.response && [409, 422].includes(ctx.response.status)) focusInvalid(ctx.target && ctx.target.isConnected ? ctx.target : d);
  });
  // What is not swapped in (see htmx-config in base.html) is said in a toast, with the words of the error page.
  d.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if ([409, 422].includes(ctx.response.status) || ctx.hx.redirect) return;
    const page = new DOMParser().parseFromString(ctx.text, "text/html"), words = $("[data-error]", page);
    complain(words ? words.textContent.trim().replace(/\s+/g, " ") : d.body.dataset.failed);
  });
  d.addEventListener("htmx:error", () => complain(navigator.onLine ? d.body.dataset.failed : d.body.dataset.offline));

  // A verdict is of the inputs it was made of. From the first change until the next answer, which a lost connection can
  // put off for long, it must neither pass for that of what is typed nor be recorded.
  let typed = 0, asked = 0;
  const late = () => $("#answer[aria-busy=true]");
  d.addEventListener("input", ({ target }) => { if (target.closest("#deal-form")) { typed++; $("#answer").setAttribute("aria-busy", "true"); } });
  d.addEventListener("htmx:before:request", () => { asked = typed; });
  d.addEventListener("htmx:after:swap", () => { if (late() && asked === typed) late().removeAttribute("aria-busy"); });
  addEventListener("online", () => late() && $("#deal-form").requestSubmit());

  // The facts for a deal check without a signal (offline-deal.js), every half hour; `got` is the phone's own time.
  const keepFacts = async () => {
    const url = d.body.dataset.snapshot, kv = window.outbox && outbox.kv, got = Date.now();
    if (!url || !kv || root.dataset.kept) return;
    const kept = await kv.get("deals");
    if (kept && kept.got <= got && kept.got > got - 18e5) return;
    const answer = await fetch(url), signature = answer.headers.get("X-Signature");
    if (!answer.ok || !signature) return;
    await kv.set("deals", { text: await answer.text(), signature, got });
    d.dispatchEvent(new Event("deals:kept"));
  };
  addEventListener("load", () => setTimeout(() => keepFacts().catch(() => {}), 500));

  // What was typed into a form marked so and not saved is not left behind without a question: the browser's own.
  let unsaved = false;
  d.addEventListener("input", ({ target }) => { if (target.closest("[data-unsaved]")) unsaved = true; });
  d.addEventListener("submit", ({ target }) => { if (target.matches("[data-unsaved]")) unsaved = false; }, true);
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  // A tap in a long list comes back to the same place of it.
  d.addEventListener("submit", ({ target }) => { if (target.matches("[data-stay]")) sessionStorage.setItem("stay", `${location.pathname} ${scrollY}`); }, true);
  const [path, height] = (sessionStorage.getItem("stay") || "").split(" ");
  sessionStorage.removeItem("stay");
  if (path === location.pathname) scrollTo(0, height);

  // A survey: a question that hangs on an earlier answer is shown when it is that answer; how many are answered.
  const relevant = (form) => {
    let done = 0, all = 0;
    form.querySelectorAll("[data-question]").forEach((q) => {
      const { when, answers, most, required } = q.dataset, inputs = [...q.querySelectorAll("input,textarea")];
      const given = when ? [...form.querySelectorAll(`[name="q-${when}"]:checked:enabled`)].map((e) => e.value) : [];
      const asked = !when || given.some((v) => answers.split(" ").includes(v) || most && +v <= +most);
      const answered = inputs.some((e) => /radio|checkbox/.test(e.type) ? e.checked : e.value.trim());
      q.hidden = !asked;
      inputs.forEach((e, i) => {
        e.disabled = !asked;
        if (e.type !== "checkbox") e.required = asked && !!required;
        else if (!i) e.setCustomValidity(required && !answered ? required : "");
      });
      if (asked && required) { all++; done += answered; }
    });
    const bar = $(`[data-answered="${form.getAttribute("id")}"]`); // form.id is its input of that name
    if (!bar) return;
    Object.assign($("progress", bar), { max: all, value: done });
    $(".num", bar).textContent = `${done} / ${all}`;
  };
  const surveys = () => d.querySelectorAll("form[data-survey]").forEach(relevant);
  for (const type of ["input", "change"]) d.addEventListener(type, ({ target }) => { const form = target.closest("form[data-survey]"); if (form) relevant(form); });
  d.addEventListener("reset", () => setTimeout(surveys));
  d.addEventListener("outbox:swapped", surveys);

  watchAll();
  announce();
  surveys();
  focusInvalid(d);
})();
