// Reads only: assets from their cache, the pages of the day from the page's own store when there is no signal.
// The queue is the page's (outbox.js); SHELL and INSTEAD are put before this text by the server.
const VERSION = "shell " + SHELL.map((url) => url.split(".").slice(-2)[0]).join("");
const PATIENCE = 3000, DAY = 864e5;

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(VERSION);
  await cache.addAll(SHELL);
  // As nobody: it stays readable after signing out.
  await cache.put("/offline", await fetch("/offline", { credentials: "omit" }));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  // Kept pages name the assets they were made with, so the shell before this one stays. keys() is in order of making.
  const shells = (await caches.keys()).filter((name) => name.startsWith("shell "));
  await Promise.all(shells.filter((name) => name !== VERSION).slice(0, -1).map((name) => caches.delete(name)));
  if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
  await self.clients.claim();
})()));

const row = (store, id) => new Promise((ok) => {
  const r = indexedDB.open("fieldapp", 1);
  r.onupgradeneeded = () => r.transaction.abort(); // the page makes it
  r.onerror = () => ok();
  r.onsuccess = () => {
    const got = r.result.transaction(store).objectStore(store).get(id);
    got.onsuccess = () => { r.result.close(); ok(got.result); };
    got.onerror = () => { r.result.close(); ok(); };
  };
});

const kept = async (url) => {
  const me = await row("kv", "me"), stand = INSTEAD[url.pathname];
  if (!me) return undefined;
  const whole = url.pathname + url.search, free = Object.values(INSTEAD).includes(url.pathname);
  const found = await row("pages", whole) || (free ? await row("pages", url.pathname) : undefined);
  if (!found && stand) return Response.redirect(stand + url.search, 303);
  if (!found || found.user !== me.user || found.at < Date.now() - DAY) return undefined;
  try {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv }, me.key, found.data);
    const { html, headers } = JSON.parse(new TextDecoder().decode(text));
    return new Response(html.replace("<html", `<html data-kept="${found.at}"`), { headers });
  } catch (e) { return undefined; }
};

const page = async (event) => {
  const url = new URL(event.request.url);
  const asked = (async () => await event.preloadResponse || fetch(event.request))();
  const net = asked.then((r) => r.status > 501 && r.status < 505 ? kept(url).then((k) => k || r) : r);
  const late = new Promise((ok) => setTimeout(ok, PATIENCE)).then(() => kept(url)).then((r) => r || net);
  try {
    return await Promise.race([net, late]);
  } catch (e) {
    late.catch(() => {});
    return await kept(url) || await caches.match("/offline") || Response.error();
  }
};

const asset = async (request) => {
  const found = await caches.match(request);
  if (found) return found;
  const got = await fetch(request);
  if (got.ok) (await caches.open(VERSION)).put(request, got.clone());
  return got;
};

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (/^\/static\/.*\.[0-9a-f]{8}\.\w+$/.test(url.pathname)) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

// The system thinks that there is a signal: whoever is open sends.
self.addEventListener("sync", (event) => event.waitUntil(
  self.clients.matchAll({ type: "window" }).then((pages) => pages.forEach((one) => one.postMessage("send")))));
