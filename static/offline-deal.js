// The deal check without a signal: fieldapp/desk/checks/rules.py over the signed snapshot that snapshot_rules.py packs.
// tests/desk/deals/test_offline_rules.py holds it equal to the Python rules; docs/adr/0013-offline-deal-check.md says why.
(() => {
  const d = document, $ = (selector, from = d) => from.querySelector(selector), B = BigInt;
  const MOST_FEN = 1e15, MOST_GRAMS = 1e12, MOST_PRICE = 1e10, DAY = 864e5, ZONE = 288e5, SLIP = 6e4;

  // ---- The rules. Money is fen, weight grams; BigInt where a product may leave what a number holds exactly.
  // The nearest whole number of a fraction with bottom > 0; a half goes away from zero.
  const half = (top, bottom) => top < 0n ? -half(-top, bottom) : (2n * top + bottom) / (2n * bottom);
  const chain = (code) => [9, 6, 4, 2].filter((length) => length <= code.length).map((length) => code.slice(0, length));
  const bagToTonne = (price, pack) => Number((2n * B(price) * 1000000n + B(pack)) / (2n * B(pack)));
  const tonneToBag = (price, pack) => Number((2n * B(price) * B(pack) + 1000000n) / 2000000n);
  const lowestBag = (price, pack) => price <= 0 ? 0 : Number(((2n * B(price) - 1n) * B(pack) + 1999999n) / 2000000n);

  const priceRow = (s, on, product, place, tier) => {
    const at = chain(place);
    let best, rank = 0;
    for (const row of on(s.prices)[product]) {
      const here = at.includes(row[0]) && (row[1] === -1 || row[1] === tier) ? row[0].length * 2 + (row[1] === -1 ? 0 : 1) : 0;
      if (here > rank) [best, rank] = [row, here];
    }
    return best;
  };

  const priceFindings = (s, on, product, line, number, who, place) => {
    const total = on(s.classes)[who[5]][product], [perTonne, top, bottom] = s.totals[total], price = line.price;
    const net = top ? Number(half((B(price) - B(perTonne)) * 100n * B(bottom) - B(price) * B(top), 100n * B(bottom))) : price - perTonne;
    const facts = { price, net, rebates: price - net, list: null, retail: null, lowest_ok_price: null, lowest_approvable_price: null };
    const row = priceRow(s, on, product, place, who[4]);
    const say = (code) => ({ code: "price." + code, line: number, facts });
    if (!row) return [say("none")];
    Object.assign(facts, { list: row[2], retail: row[3] });
    if (row.length > 5) facts.floor = row[5];
    let found = "no_floor";
    if (row[4]) {
      let at = 0;
      while (row[4][at] !== total) at += 3;
      const [, ok, near] = row[4].slice(at, at + 3), full = top >= 100 * bottom;
      const fits = (mark) => full ? price <= mark : price >= mark;
      if (!full) Object.assign(facts, { lowest_ok_price: ok, lowest_approvable_price: near });
      found = fits(ok) ? "ok" : fits(near) ? "below_floor" : "far_below_floor";
    }
    return [say(found), ...(row[3] !== null && price > row[3] ? [say("above_retail")] : [])];
  };

  const territory = (s, on, product, number, who, place, priced) => {
    const line = s.products[product][2], areas = on(s.areas);
    const held = chain(place).map((code) => areas[code] && (areas[code][line] || areas[code]["*"])).find(Boolean);
    const [hidden, ...owners] = held || [0];
    const say = (code, more) => ({ code: "territory." + code, line: number, facts: { owners, hidden, ...more } });
    if (owners.includes(who)) return say("own");
    if (!held) return say("unassigned");
    const kept = priced.code === "price.none" ? null : ["price.ok", "price.no_floor"].includes(priced.code);
    return say(kept ? "foreign" : "foreign_undercut", { floor_kept: kept, lowest_ok_price: priced.facts.lowest_ok_price });
  };

  const creditFindings = (policy, day, cash, [grade, limit, until, frozen, outstanding, overdue, days, temporary, temporaryUntil], amount) => {
    const available = limit - outstanding, facts = { limit, outstanding, available, overdue, overdue_days: days };
    if (temporary) Object.assign(facts, { temporary, temporary_until: temporaryUntil });
    const late = days > policy.stop ? "overdue_stop" : days > policy.frozen ? "overdue_frozen" : days >= policy.overdue ? "overdue" : "paid_up";
    const over = amount - available, allowed = Number(B(limit) * B(policy.over[0]) / (100n * B(policy.over[1])));
    const more = { ...facts, amount, valid_until: until };
    let code = "ok";
    if (cash) code = "cash";
    else if (frozen) code = "frozen";
    else if (!grade) code = "ungraded";
    else if (grade === "D") code = "cash_only";
    else if (until && until < day) code = "expired";
    else if (over > 0) {
      code = over <= allowed ? "over_limit" : "far_over_limit";
      Object.assign(more, { over, to_pay_for_approval: Math.max(0, over - allowed) });
    }
    const levels = cash ? policy.cash : policy.levels;
    return [
      { code: "credit." + late, level: levels["credit." + late], line: null, facts },
      { code: "credit." + code, level: policy.levels["credit." + code], line: null, facts: more },
    ];
  };

  // deal: {who: number of the distributor, place: region code, cash, lines: [{product: its number, grams, price}]}; day: 0 or 1.
  // null where the amount is beyond what is recorded.
  const check = (s, deal, day) => {
    const on = (days) => days[day] || days[0], policy = on(s.policy), who = s.distributors[deal.who];
    const found = deal.lines.flatMap((line, index) => {
      const priced = priceFindings(s, on, line.product, line, index + 1, who, deal.place);
      return [territory(s, on, line.product, index + 1, deal.who, deal.place, priced[0]), ...priced];
    });
    const amounts = deal.lines.map((line) => half(B(line.grams) * B(line.price), 1000000n));
    const amount = Number(amounts.reduce((a, b) => a + b, 0n));
    if (amount > MOST_FEN) return null;
    found.push(...creditFindings(policy, s.days[day], deal.cash, who[7 + day] || who[7], amount));
    if (policy.levels["distributor." + who[6]]) found.push({ code: "distributor." + who[6], line: null, facts: {} });
    for (const finding of found) finding.level = finding.level || policy.levels[finding.code];
    const worst = ["stop", "approval"].find((level) => found.some((finding) => finding.level === level));
    return { verdict: worst || "go", amount, line_amounts: amounts.map(Number), findings: found };
  };

  // ---- The words: those of presentation.py, in the page's language, with {marks} where numbers stand (offline_words.py).
  const yuan = (fen) => {
    const text = String(Math.abs(fen)).padStart(3, "0");
    return (fen < 0 ? "-¥" : "¥") + text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + text.slice(-2);
  };
  const plain = (fen) => yuan(fen).replace(/[¥,]/g, "");
  const put = (text, values) => text.replace(/\{(\w+)\}/g, (mark, name) => name in values ? values[name] : mark);

  const nameOf = (s, number) => number < s.distributors.length ? s.distributors[number][1] : s.others[number - s.distributors.length];
  const counted = (words, name, num) => put(words[name][num === 1 ? 0 : 1], { num });

  const sentence = (s, words, { code, facts }) => {
    let variant = "";
    const values = { ...facts };
    for (const name in values) if (typeof values[name] === "number" && name !== "overdue_days") values[name] = yuan(values[name]);
    if (facts.owners) {
      const names = facts.owners.map((number) => nameOf(s, number));
      if (facts.hidden) names.push(counted(words, "hidden", facts.hidden));
      values.owners = names.join(words.and);
    }
    if ("floor_kept" in facts && code.endsWith("undercut")) variant = facts.floor_kept === null ? "/none" : facts.lowest_ok_price === null ? "/null" : "";
    if (/below_floor/.test(code)) {
      if (facts.lowest_ok_price === null) variant = "/null";
      else if (code.includes("far") && facts.lowest_ok_price === facts.lowest_approvable_price) variant = "/same";
    }
    if (/credit.overdue/.test(code)) variant = facts.overdue_days === 1 ? "/one" : "";
    if (facts.temporary && /(ok|expired|over_limit)$/.test(code)) variant = "/temporary";
    if (code === "credit.ok") values.left = yuan(facts.available - facts.amount);
    return put(words.says[code + variant], values);
  };

  const numbers = (words, { code, level, facts }) => {
    let names = [];
    if (code.startsWith("price")) names = ["list", "rebates", "net", "floor", ...(code.endsWith("retail") ? ["retail"] : [])];
    else if (code.startsWith("credit") && level !== "ok") names = ["limit", "outstanding", "available", ...(facts.overdue ? ["overdue"] : [])];
    return names.filter((name) => typeof facts[name] === "number").map((name) => [words.labels[name], yuan(facts[name])]);
  };

  const WEIGHT = { stop: 0, approval: 1, info: 2 };
  const present = (s, words, found) => {
    const shown = found.map((finding) => ({ ...finding, title: words.titles[finding.code], message: sentence(s, words, finding), numbers: numbers(words, finding) }));
    const wrong = shown.filter(({ level }) => level !== "ok").sort((a, b) => WEIGHT[a.level] - WEIGHT[b.level]);
    const bad = wrong.filter(({ level }) => level !== "info"), more = bad.length - 1;
    return { wrong, fine: shown.filter(({ level }) => level === "ok"), because: bad.length ? bad[0].title + (more ? " · " + counted(words, "more", more) : "") : words.fine };
  };

  // ---- The snapshot: {text, signature, got, seen} as app.js keeps it; `got`, `seen`: when, by the phone's clock.
  const bytes = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const open = async (kept, key, user, now) => {
    if (!kept) return { refused: "missing" };
    if (!window.crypto || !crypto.subtle) return { refused: "insecure" };
    let s;
    try {
      const kind = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
      const trusted = await crypto.subtle.importKey("spki", bytes(key), kind, false, ["verify"]);
      if (!await crypto.subtle.verify(kind, trusted, bytes(kept.signature), new TextEncoder().encode(kept.text))) return { refused: "tampered" };
      s = JSON.parse(kept.text);
    } catch (error) {
      return { refused: "tampered" };
    }
    if (s.user !== user) return { refused: "other" };
    if (s.v !== 1) return { refused: "missing" };
    // A clock may be wrong, but it must go on: what counts is how long ago it was fetched.
    if (now < Math.max(kept.got, kept.seen || 0) - SLIP) return { refused: "clock" };
    const server = s.made + now - kept.got, day = Math.floor((server + ZONE) / DAY) - Math.floor((s.made + ZONE) / DAY);
    if (server > s.expires || day >= s.days.length) return { refused: "expired" };
    return { s, key, day: Math.max(0, day) };
  };

  // ---- What is typed: as core/money.py reads it.
  const digits = (text) => (text || "").normalize("NFKC").trim();
  const read = (text, decimals, most) => {
    const found = /^\+?(\d{1,3}(?:,\d{3}){1,4}|\d{1,13})(?:\.(\d+))?$/.exec(text);
    if (!found || (found[2] || "").length > decimals) return null;
    const value = Number(found[1].replace(/,/g, "") + (found[2] || "").padEnd(decimals, "0"));
    return value <= most ? value : null;
  };
  const readPrice = (text) => read(digits(text).replace(/^[¥￥]+/, "").trim(), 2, MOST_PRICE);
  const readWeight = (text) => read(digits(text), 3, MOST_GRAMS) || null;

  window.offlineDeal = { check, present, open, readPrice, readWeight, bagToTonne, tonneToBag, lowestBag, yuan };
  const root = $("#offline");
  if (!root) return;

  // ---- The page (templates/desk/deals/offline.html).
  const words = JSON.parse(root.dataset.words), esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const tpl = (name, values = {}) => {
    const safe = {};
    for (const key in values) safe[key] = key.startsWith("html") ? values[key] : esc(values[key]);
    return put($("#t-" + name).innerHTML.replace(/^<ul>|<\/ul>$/g, ""), safe);
  };
  const show = (id, on) => { $(id).hidden = !on; };
  const kv = () => window.outbox && outbox.kv;
  const params = () => new URLSearchParams(location.search);
  let s, day = 0, who = -1, result = null;

  const time = (ms) => new Date(ms + ZONE).toISOString().slice(11, 16);
  const place = (code) => chain(code).reverse().map((part) => s.names[part] || part).join(" ");

  const found = (text) => {
    const asked = digits(text).toLowerCase().split(/\s+/).filter(Boolean);
    return s.distributors.map((row, number) => [number, row]).filter(([, [code, name, spoken]]) => {
      const syllables = spoken.split(" "), initials = syllables.map((one) => one[0]).join("");
      const starts = syllables.map((_, at) => syllables.slice(at).join(""));
      return asked.every((word) => code.toLowerCase().includes(word) || name.toLowerCase().includes(word) || initials.includes(word) || starts.some((one) => one.startsWith(word)));
    });
  };
  const pick = () => {
    const rows = found($("#f-q").value);
    $("#found").innerHTML = rows.length ? rows.slice(0, 30).map(([, row]) => tpl("row", { code: row[0], name: row[1], first: row[1][0], place: row[3] ? place(row[3]) : "", href: `?distributor=${encodeURIComponent(row[0])}` })).join("") : "";
    show("#found", rows.length);
    show("#nobody", !rows.length);
  };

  const lines = () => [...d.querySelectorAll("#lines>fieldset")];
  const field = (line, name) => $(`[name=${name}]`, line);
  const checked = (name) => $(`#offline-form [name=${name}]:checked`).value;
  const listPrice = (product) => { const row = priceRow(s, (days) => days[day] || days[0], product, $("#f-ship_to").value, s.distributors[who][4]); return row && row[2]; };
  const packOf = (product) => checked("unit") === "bag" && product !== "" && s.products[product][3];
  const productOf = (code) => { const at = s.products.findIndex((product) => product[0].toLowerCase() === (code || "").toLowerCase()); return at < 0 ? "" : String(at); };

  const addLine = ({ product = "", kg = "", price = "" } = {}) => {
    const at = lines().length;
    $("#lines").insertAdjacentHTML("beforeend", tpl("line", { i: at, n: at + 1 }));
    const line = lines()[at], select = field(line, "product");
    select.innerHTML += s.lines.map((title, number) => `<optgroup label="${esc(title)}">${s.products.map((p, index) => p[2] === number ? `<option value="${index}">${esc(p[1])} · ${esc(p[0])}</option>` : "").join("")}</optgroup>`).join("");
    select.value = productOf(product);
    field(line, "kg").value = kg;
    field(line, "price").value = price;
    if (select.value && !price) fill(line);
  };
  // A product just chosen brings its list price, and a tonne to begin with; a price typed by hand stays.
  const fill = (line) => {
    const product = field(line, "product").value, price = field(line, "price");
    if (product === "") return;
    field(line, "kg").value = field(line, "kg").value || "1000";
    if (price.value && price.value !== price.dataset.ours) return;
    const list = listPrice(+product), pack = packOf(product);
    price.value = price.dataset.ours = list === null || list === undefined ? "" : plain(pack ? tonneToBag(list, pack) : list);
  };
  const convert = () => lines().forEach((line) => {
    const product = field(line, "product").value, pack = product !== "" && s.products[product][3], price = field(line, "price"), fen = readPrice(price.value);
    if (pack && fen !== null) price.value = price.dataset.ours = plain((checked("unit") === "bag" ? tonneToBag : bagToTonne)(fen, pack));
  });

  const typed = () => {
    const problems = [], all = lines();
    const read = all.map((line, index) => {
      const product = field(line, "product").value, pack = packOf(product);
      const kg = field(line, "kg").value, price = field(line, "price").value, grams = readWeight(kg), fen = readPrice(price);
      const say = (name, value = "") => problems.push((all.length > 1 ? put(words.line, { n: index + 1 }) + " · " : "") + put(words.asks[name], { value }));
      if (product === "") say("product");
      if (grams === null) say(kg ? "bad_weight" : "weight", kg);
      if (fen === null) say(price ? "bad_price" : "price", price);
      $(".affix:last-child", field(line, "price").parentNode).textContent = pack ? put(words.per_bag, { kg: pack / 1000 }) : words.per_tonne;
      return { product: +product, grams, price: pack && fen !== null ? bagToTonne(fen, pack) : fen, pack };
    });
    return { problems, deal: { who, place: $("#f-ship_to").value, cash: checked("terms") === "cash", lines: read } };
  };

  const answer = () => {
    const { problems, deal } = typed(), customer = s.distributors[who], many = deal.lines.length > 1;
    result = problems.length ? null : check(s, deal, day);
    if (!result && !problems.length) problems.push(words.asks.too_large);
    const box = $("#offline-verdict");
    d.querySelectorAll("[data-drop]").forEach((button) => { button.hidden = !many; });
    lines().forEach((line, index) => {
      const priced = result && result.findings.find((f) => f.line === index + 1 && f.code.startsWith("price."));
      $(".deal-note", line).textContent = priced ? [put(words.net, { net: yuan(priced.facts.net) }), priced.facts.list === null ? "" : put(words.list, { list: yuan(priced.facts.list) })].filter(Boolean).join(" · ") : "";
    });
    show("#offline-reasons", result);
    show("#offline-record", result);
    if (!result) {
      box.innerHTML = tpl("pending", { problem: problems[0] });
    } else {
      const shown = present(s, words, result.findings);
      const fixes = shown.wrong.filter((f) => /below_floor$/.test(f.code) && f.facts.lowest_ok_price).slice(0, 2).map((f) => {
        const pack = deal.lines[f.line - 1].pack, lowest = f.facts.lowest_ok_price, price = pack ? lowestBag(lowest, pack) : lowest;
        return tpl("fix", { i: f.line - 1, value: plain(price), text: (many ? put(words.line, { n: f.line }) + " · " : "") + put(words.lowest, { price: yuan(price) }) });
      });
      box.innerHTML = tpl(result.verdict, { because: shown.because, amount: yuan(result.amount), of: $("#offline-of").textContent, html_fixes: fixes.join("") });
      const item = (f) => tpl("level-" + f.level, {
        title: (many && f.line ? put(words.line, { n: f.line }) + " · " : "") + f.title, message: f.message,
        html_facts: f.numbers.length ? `<dl class="facts facts-inline">${f.numbers.map(([label, value]) => `<div><dt>${esc(label)}</dt><dd>${esc(value)}</dd></div>`).join("")}</dl>` : "",
      });
      $("#offline-wrong").innerHTML = shown.wrong.map(item).join("");
      show("#offline-wrong", shown.wrong.length);
      $("#offline-fine").innerHTML = shown.fine.map(item).join("");
      $(".count", $("#offline-fine").parentNode).textContent = shown.fine.length;
      show("#offline-in-order", shown.fine.length);
      $("#offline-in-order").open = !shown.wrong.length;
      const f = customer[7 + day] || customer[7], before = f[1] - f[4], after = deal.cash ? before : before - result.amount;
      $("#offline-after").innerHTML = tpl("after", { amount: yuan(result.amount), weight: put(words.tonnes, { t: deal.lines.reduce((sum, line) => sum + line.grams, 0) / 1e6 }), tone: after < 0 ? "stat-stop" : "", now: yuan(before), after: yuan(after) });
      record(deal, customer);
    }
    const now = result ? $(".verdict-title", box).textContent + ". " + $(".verdict-text>p:last-child", box).textContent : problems[0];
    if ($("#live").textContent !== now) $("#live").textContent = now;
    const query = new URLSearchParams({ distributor: customer[0], terms: checked("terms"), ship_to: deal.place, unit: checked("unit") });
    lines().forEach((line) => { const p = field(line, "product").value; query.append("product", p === "" ? "" : s.products[p][0]); query.append("kg", field(line, "kg").value); query.append("price", field(line, "price").value); });
    history.replaceState(history.state, "", "?" + query + location.hash);
  };

  // The form that is sent when the signal is back: the deal, what was seen, and of when the facts were.
  let last = "";
  const record = (deal, customer) => {
    const form = $("#offline-record"), now = JSON.stringify(deal);
    if (now !== last) {
      last = now;
      form.elements.id.value = outbox.uuid7();
      show("#offline-kept", false);
      $("button", form).hidden = false;
    }
    const set = (name, value) => { form.elements[name].value = value; };
    set("distributor", customer[0]); set("ship_to", deal.place); set("terms", deal.cash ? "cash" : "credit");
    set("verdict", result.verdict); set("as_of", s.made);
    form.dataset.outbox = put(words.outbox, { name: customer[1] });
    $("#offline-lines").innerHTML = deal.lines.map((line) => tpl("sent", { product: s.products[line.product][0], kg: line.grams / 1000, price: plain(line.price) })).join("");
  };
  d.addEventListener("outbox:queued", ({ detail }) => {
    if (detail.form === $("#offline-record")) { show("#offline-kept", true); $("button", detail.form).hidden = true; }
  });

  const deal = () => {
    const asked = params(), customer = s.distributors[who], own = customer[3], f = customer[7 + day] || customer[7];
    $("#offline-name").textContent = customer[1];
    $("#offline-grade").innerHTML = tpl("grade", { grade: f[0] || "—", css: f[0] ? f[0].toLowerCase() : "none" });
    $("#offline-facts").innerHTML = tpl("facts", { code: customer[0], available: yuan(f[1] - f[4]) }) + (f[5] > 0 ? tpl("overdue", { text: put(words.overdue[f[6] === 1 ? 0 : 1], { amount: yuan(f[5]), num: f[6] }) }) : "");
    const option = (code) => `<option value="${code}">${esc(place(code))}${code === own ? " · " + esc(words.own) : ""}</option>`;
    const near = (code) => own && code.slice(0, 4) === own.slice(0, 4) ? 0 : own && code.slice(0, 2) === own.slice(0, 2) ? 1 : 2;
    const places = [...new Set([...(own ? [own] : []), ...[...s.places].sort((a, b) => near(a) - near(b) || (a < b ? -1 : 1))])];
    $("#f-ship_to").innerHTML = places.map(option).join("");
    if (places.includes(asked.get("ship_to"))) $("#f-ship_to").value = asked.get("ship_to");
    const terms = ["cash", "credit"].includes(asked.get("terms")) ? asked.get("terms") : f[0] && f[0] !== "D" ? "credit" : "cash";
    $(`#offline-form [name=terms][value=${terms}]`).checked = true;
    $(`#offline-form [name=unit][value=${asked.get("unit") === "bag" ? "bag" : "tonne"}]`).checked = true;
    $("#lines").innerHTML = "";
    const [products, kgs, prices] = ["product", "kg", "price"].map((name) => asked.getAll(name));
    for (let i = 0; i < Math.min(20, Math.max(1, products.length, kgs.length, prices.length)); i++) addLine({ product: products[i], kg: kgs[i], price: prices[i] });
    answer();
  };
  const go = () => {
    const code = (params().get("distributor") || "").toLowerCase();
    who = code ? s.distributors.findIndex((row) => row[0].toLowerCase() === code) : -1;
    show("#offline-pick", who < 0);
    show("#offline-deal", who >= 0);
    show("#offline-unknown", code && who < 0);
    if (who < 0) pick(); else deal();
  };

  const start = async () => {
    const store = kv(), now = Date.now(), key = root.dataset.key, user = root.dataset.user;
    const kept = store && await store.get("deals"), pinned = store && await store.get("deals-key");
    let opened = await open(kept, key, user, now);
    // The page may be newer than the snapshot: one that an earlier key of the company signed still counts.
    if (opened.refused === "tampered" && pinned) opened = await open(kept, pinned, user, now);
    root.dataset.state = opened.refused || "ready";
    for (const note of d.querySelectorAll("[data-refused]")) note.hidden = note.dataset.refused !== opened.refused;
    show("#offline-ready", !opened.refused);
    if (opened.refused) return;
    ({ s, day } = opened);
    if (opened.key !== pinned) await store.set("deals-key", opened.key);
    await store.set("deals", { ...kept, seen: Math.max(now, kept.seen || 0) });
    $("#offline-of").textContent = put(words.of, { time: (day ? s.days[0].slice(5) + " " : "") + time(s.made) });
    show("#offline-patch", s.whose === "patch");
    show("#offline-more", s.more);
    go();
  };

  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='?']"), button = event.target.closest("button");
    if (link) { event.preventDefault(); history.pushState(null, "", link.getAttribute("href")); scrollTo(0, 0); go(); }
    if (button && button.id === "offline-add") { addLine(); answer(); field(lines().pop(), "product").focus(); }
    if (button && button.dataset.drop) {
      const kept = lines().filter((line) => line !== button.closest("fieldset")).map((line) => ({ product: (s.products[field(line, "product").value] || [""])[0], kg: field(line, "kg").value, price: field(line, "price").value }));
      $("#lines").innerHTML = "";
      kept.forEach(addLine);
      answer();
    }
  });
  $("#offline-form").addEventListener("submit", (event) => event.preventDefault());
  $("#offline-form").addEventListener("input", ({ target }) => {
    if (target.name === "product") fill(target.closest("fieldset"));
    if (target.name === "unit") convert();
    answer();
  });
  $("#f-q").addEventListener("input", pick);
  addEventListener("popstate", () => s && go());
  d.addEventListener("deals:kept", start);
  start();
})();
