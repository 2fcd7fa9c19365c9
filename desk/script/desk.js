// Brings news into the page as it arrives. Everything on the desk works
// without this file; a reload then shows the same.
(() => {
  'use strict';
  const address = document.documentElement.dataset.events;
  const light = document.getElementById('live');
  if (!address || !light || !window.EventSource) return;

  let source = null;
  let busy = false;
  let again = false;

  const show = (word, on) => {
    light.textContent = light.dataset[word];
    light.classList.toggle('on', on);
  };

  // A hidden page holds no connection: browsers allow few to one host.
  const connect = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener('open', () => { show('on', true); refresh(); });
    source.addEventListener('changed', refresh);
    source.addEventListener('error', () => show('lost', false));
  };
  const disconnect = () => {
    if (source) source.close();
    source = null;
  };

  // XMLHttpRequest gives a document; a strict policy allows no parsing of text.
  const load = () => new Promise((done) => {
    const request = new XMLHttpRequest();
    request.open('GET', location.href);
    request.responseType = 'document';
    request.timeout = 10000;
    request.onloadend = () => done(request.status === 200 ? request.response : null);
    request.send();
  });

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      const next = await load();
      if (next) keepPlace(() => merge(next));
    } while (again);
    busy = false;
  }

  // What is being read stays where it is on the screen.
  function keepPlace(change) {
    const entries = scrollY > 40 ? [...document.querySelectorAll('[data-key]')] : [];
    const held = entries.find((entry) => entry.getBoundingClientRect().bottom > 0);
    const before = held ? held.getBoundingClientRect().top : 0;
    change();
    if (held && held.isConnected) scrollBy(0, held.getBoundingClientRect().top - before);
  }

  function merge(next) {
    for (const now of document.querySelectorAll('[data-live]')) {
      const then = next.getElementById(now.id);
      if (then) mergeList(now, then);
    }
  }

  // Entries are known by their key: one that did not change is not touched, so
  // what is open stays open and focus stays where it is.
  function mergeList(now, then) {
    const known = new Map([...now.children].map((child) => [keyOf(child), child]));
    const wanted = [...then.children].map((child) => {
      const key = keyOf(child);
      const old = known.get(key);
      if (old && (sameAs(old, child) || old.contains(document.activeElement))) return old;
      const fresh = document.importNode(child, true);
      if (old) reopen(old, fresh);
      else if (child.dataset.key && child.dataset.key !== 'none') arrive(fresh);
      return fresh;
    });
    const stay = new Set(wanted);
    for (const child of [...now.children]) if (!stay.has(child)) child.remove();
    wanted.forEach((child, place) => {
      if (now.children[place] !== child) now.insertBefore(child, now.children[place] || null);
    });
  }

  const keyOf = (child) => child.dataset.key || child.textContent;
  function sameAs(old, child) {
    const plain = old.cloneNode(true);
    plain.classList.remove('arrived');
    if (!plain.classList.length) plain.removeAttribute('class');
    for (const open of plain.querySelectorAll('details[open]')) open.removeAttribute('open');
    // A form's token changes with every page; the form does not.
    const bare = (node) => node.outerHTML.replace(/name="token" value="[^"]*"/g, '');
    return bare(plain) === bare(child);
  }
  function reopen(old, fresh) {
    for (const open of old.querySelectorAll('details[open][id]')) {
      const match = [...fresh.querySelectorAll('details[id]')].find((one) => one.id === open.id);
      if (match) match.open = true;
    }
  }
  function arrive(entry) {
    entry.classList.add('arrived');
    setTimeout(() => entry.classList.remove('arrived'), 4000);
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', connect);
  connect();
})();
