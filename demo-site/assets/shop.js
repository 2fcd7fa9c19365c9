// The shop's own script: tells Candor who is signed in, and fetches the list
// again when a choice was saved. No framework, nothing inline.
'use strict';
(() => {
  const persona = document.body.dataset.persona;
  const candor = (window.candor ||= []);

  // Who is signed in, if anybody: asked for only when Candor needs it.
  candor.push(['identify', async () => {
    const answer = await fetch('/token', { cache: 'no-store' });
    // Only 204 says that nobody is.
    if (answer.status === 204) return null;
    if (!answer.ok) throw new Error(`token: ${answer.status}`);
    return answer.text();
  }]);

  // Each persona stands for a device of its own, so a change of eyes clears
  // what Candor keeps on this one, and what this shop keeps for it.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('[data-persona-link], [data-show]');
    if (!link || new URL(link.href).searchParams.get('persona') === persona) return;
    for (const key of Object.keys(localStorage)) if (key.startsWith('candor:')) localStorage.removeItem(key);
    if (!document.cookie.includes('candor_kept=')) return;
    document.cookie = 'candor_kept=;path=/;max-age=0';
    fetch('/candor/kept', { method: 'DELETE', keepalive: true }).catch(() => {});
  });

  // Saved at the service: from now on the list is another.
  document.addEventListener('candor:saved', async (event) => {
    if (event.detail.status === 'local') return;
    await tellSubject();
    await refreshList();
    document.dispatchEvent(new CustomEvent('shop:list'));
  });

  /** Nobody is signed in, but there is a subject since the first grant: the shop asks about that one. */
  async function tellSubject() {
    if (persona !== 'nora') return;
    const subject = window.candor.subject?.();
    if (!subject || subject === tellSubject.told) return;
    const told = await fetch('/session/subject', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ subject }),
    }).catch(() => null);
    if (told?.ok) tellSubject.told = subject;
  }

  async function refreshList() {
    const old = document.getElementById('picks');
    if (!old) {
      // Nothing to show anew, but the shop must not go by what was allowed before.
      await fetch('/session/chosen', { method: 'POST' }).catch(() => {});
      return;
    }
    const query = new URLSearchParams({ place: old.dataset.place });
    const item = location.pathname.match(/^\/product\/(.+)$/)?.[1];
    if (item) query.set('item', decodeURIComponent(item));
    const fresh = await fragment(`/list?${query}`).catch(() => null);
    if (fresh) swap(old, fresh);
  }

  /** Parsed by the browser itself: no markup from strings, so Trusted Types have nothing to object to. */
  function fragment(url) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('GET', url);
      request.responseType = 'document';
      request.onload = () => {
        const section = request.status === 200 && request.response?.getElementById('picks');
        section ? resolve(section) : reject(new Error(`list: ${request.status}`));
      };
      request.onerror = () => reject(new Error('list'));
      request.send();
    });
  }

  /** The items move to their new places; the heading's chip stays, with what is open in it. */
  function swap(old, fresh) {
    old.dataset.recommendation = fresh.dataset.recommendation;
    old.querySelector('#picks-title').textContent = fresh.querySelector('#picks-title').textContent;
    const chip = old.querySelector('h2 candor-why');
    const next = fresh.querySelector('h2 candor-why');
    // A new link, not new words in the old one: Candor sees that its chip has another text.
    chip.replaceChildren(document.importNode(next.querySelector('a'), true));
    chip.setAttribute('kind', next.getAttribute('kind'));
    chip.setAttribute('recommendation', next.getAttribute('recommendation'));

    const list = old.querySelector('.goods');
    const were = new Map([...list.children].map((good) => [good.dataset.item, good]));
    const places = new Map([...were].map(([item, good]) => [item, good.getBoundingClientRect()]));
    const goods = [...fresh.querySelectorAll('.good')].map((good) => {
      const known = were.get(good.dataset.item);
      // A paid place's chip names the list it stands in.
      if (known && !known.querySelector('.ad') && !good.querySelector('.ad')) return known;
      return document.importNode(good, true);
    });
    list.replaceChildren(...goods);
    for (const good of goods) settle(good, places.get(good.dataset.item));

    const ask = old.querySelector('.ask-place');
    const asked = fresh.querySelector('.ask-place candor-ask');
    const asking = ask.querySelector('candor-ask');
    // An ask that was just answered stays with its Undo until the page is left.
    if (asked && asking) asking.setAttribute('recommendation', asked.getAttribute('recommendation'));
    else if (asked) ask.replaceChildren(document.importNode(asked, true));
  }

  function settle(good, before) {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!before) {
      good.classList.add('is-new');
      setTimeout(() => good.classList.remove('is-new'), 2400);
      if (!still) good.animate([{ opacity: 0.2 }, { opacity: 1 }], { duration: 180 });
      return;
    }
    const after = good.getBoundingClientRect();
    const x = before.left - after.left;
    const y = before.top - after.top;
    if (!still && (x || y)) {
      good.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], { duration: 190, easing: 'ease-out' });
    }
  }

  // The customer's line to the service, for the demonstration: cut and mended.
  document.addEventListener('submit', async (event) => {
    const form = event.target.closest?.('.line');
    if (!form) return;
    event.preventDefault();
    // The step shows a choice that waits: the card is there before the line is cut.
    if (form.dataset.cut !== 'true') await window.candor.choices?.().catch(() => {});
    const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' } }).catch(() => null);
    if (!answer?.ok) return;
    const cut = form.dataset.cut !== 'true';
    form.dataset.cut = cut;
    form.action = cut ? '/demo/mend' : '/demo/cut';
    form.querySelector('button').textContent = cut ? 'Reconnect' : 'Cut the connection';
    // A browser whose network comes back says so; this line stands for that.
    if (!cut) dispatchEvent(new Event('online'));
  });
})();
