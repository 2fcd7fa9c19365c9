// The five steps: shows each, and ticks it off when it sees it done.
'use strict';
(() => {
  const persona = document.body.dataset.persona;
  const chip = () => document.querySelector('#picks h2 candor-why');
  const remembered = () => (sessionStorage.getItem('sixty') || '').split(',').filter(Boolean);

  function done(step, keep = true) {
    const item = document.getElementById(`step-${step}`);
    if (!item || item.dataset.done !== undefined) return;
    item.dataset.done = '';
    item.querySelector('.done').hidden = false;
    if (keep) sessionStorage.setItem('sixty', [...new Set([...remembered(), String(step)])].join(','));
  }
  for (const step of remembered()) done(step, false);

  // 1: the card is open and says why.
  function watch() {
    const why = chip();
    if (!why) return;
    new MutationObserver(() => {
      if (persona === 'hanna' && why.dataset.state === 'ready') done(1);
    }).observe(why, { attributes: true, attributeFilter: ['data-state', 'open'] });
  }
  watch();

  // 2 and 3: a choice was made here and saved. 5: it waited for the line.
  const fresh = [];
  let waited = false;
  document.addEventListener('candor:choice', ({ detail }) => {
    if (detail.cause === 'customer' && detail.choice === 'denied') fresh.push(detail);
  });
  document.addEventListener('candor:saved', ({ detail }) => {
    if (detail.status === 'local') {
      waited ||= isCut();
      return;
    }
    const orders = fresh.splice(0).filter((choice) => choice.control === 'recommendations/orders');
    if (persona === 'hanna' && orders.some((choice) => !choice.datum)) done(2);
    if (persona === 'tomek' && orders.some((choice) => choice.datum)) done(3);
    if (waited && !isCut()) done(5);
  });

  // 4: the privacy desk has the attention.
  addEventListener('blur', () => {
    if (document.activeElement?.id === 'desk') done(4);
  });

  const show = {
    1: () => openWhy(),
    2: () => openWhy(),
    3: () => openWhy(),
    4: () => {
      const desk = document.getElementById('desk');
      desk.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
      desk.focus();
      done(4);
    },
    5: () => document.querySelector('.line button').focus(),
  };

  function openWhy() {
    const why = chip();
    why.scrollIntoView({ block: 'center' });
    const id = why.getAttribute('recommendation');
    // Before Candor has loaded this waits in its queue.
    if (window.candor.open) window.candor.open('why', id);
    else window.candor.push(['open', 'why', id]);
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('[data-show]');
    if (!link || new URL(link.href).searchParams.get('persona') !== persona) return;
    event.preventDefault();
    show[link.dataset.show]?.();
  });
  const wanted = location.hash.match(/^#show-(\d)$/)?.[1];
  if (wanted) {
    history.replaceState(null, '', location.pathname + location.search);
    show[wanted]?.();
  }

  function isCut() {
    return document.querySelector('.line').dataset.cut === 'true';
  }
})();
