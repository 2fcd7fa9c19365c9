// The chat on deep-chat, an npm package like any other. The assistant is a
// script on the shop's server; what it may use is decided there, each time.
'use strict';
(async () => {
  const place = document.getElementById('chat');
  if (!place) return;
  await import('/vendor/deep-chat.js');
  const chat = document.createElement('deep-chat');
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const ink = dark ? '#e9e6dd' : '#26302d';
  const sheet = dark ? '#1e2322' : '#ffffff';
  const quiet = dark ? '#262d2b' : '#f3f0e8';
  const accent = dark ? '#9cc3a9' : '#3f5a4b';
  const bubble = { borderRadius: '14px', padding: '.7rem .95rem', maxWidth: '34rem', fontSize: '1rem', lineHeight: '1.5' };

  let asking = false;
  const ask = async (said) => {
    const answer = await fetch('/chat/answer', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(said),
    });
    const { html } = await answer.json();
    asking = html.includes('<candor-ask');
    return html;
  };

  // The package leaves its button without a name.
  chat.onComponentRender = () => {
    const send = { en: 'Send', fr: 'Envoyer', pl: 'Wyślij' }[document.documentElement.lang] ?? 'Send';
    const name = () => {
      const unnamed = chat.shadowRoot.querySelectorAll('.input-button:not([aria-label])');
      for (const button of unnamed) button.setAttribute('aria-label', send);
    };
    name();
    new MutationObserver(name).observe(chat.shadowRoot, { childList: true, subtree: true });
  };
  chat.introMessage = { text: place.dataset.intro };
  chat.connect = {
    handler: async (body, signals) => {
      try {
        signals.onResponse({ html: await ask({ text: body.messages.at(-1).text }) });
      } catch {
        signals.onResponse({ error: 'The shop does not answer.' });
      }
    },
  };
  Object.assign(chat.style, { width: '100%', height: '100%', border: '0', backgroundColor: sheet, fontFamily: 'inherit' });
  chat.messageStyles = {
    default: {
      shared: { bubble },
      ai: { bubble: { backgroundColor: quiet, color: ink } },
      user: { bubble: { backgroundColor: accent, color: dark ? '#14201a' : '#ffffff' } },
    },
    html: { shared: { bubble: { ...bubble, backgroundColor: quiet, color: ink, width: 'min(34rem, 92%)', maxWidth: '92%' } } },
  };
  chat.textInput = {
    placeholder: { text: place.dataset.placeholder },
    styles: {
      container: { width: 'calc(100% - 3.4rem)', backgroundColor: quiet, color: ink, border: '0', boxShadow: 'none', borderRadius: '12px' },
      text: { color: ink, padding: '.8rem 2.6rem .8rem .95rem' },
    },
  };
  chat.auxiliaryStyle = `
    .say p { margin: 0 0 .6rem; }
    .say .mini { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .8rem; margin: 0 0 .6rem; padding: 0; list-style: none; }
    .say .card { display: grid; gap: .2rem; color: inherit; text-decoration: none; font-size: .88rem; line-height: 1.3; }
    .say .card img { width: 100%; height: auto; aspect-ratio: 1; border-radius: 8px; }
    .say .price { opacity: .75; }
    .say candor-why { display: inline-block; font-size: .92rem; color: inherit; }
    .say candor-why a { color: inherit; }
    .say candor-ask { display: block; min-height: 8rem; }`;
  place.replaceChildren(chat);

  // Two ready sentences, for whoever does not know what to ask.
  const ready = document.createElement('p');
  ready.className = 'ready';
  for (const text of [place.dataset.idea, place.dataset.popular]) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = text;
    button.addEventListener('click', () => chat.submitUserMessage({ text }));
    ready.append(button);
  }
  place.after(ready);

  // The assistant asked, the customer answered: it goes on with what it may now use.
  let answered = false;
  document.addEventListener('candor:choice', ({ detail }) => {
    if (detail.cause === 'customer' && asking) answered = true;
  });
  document.addEventListener('shop:list', async () => {
    if (!answered) return;
    answered = asking = false;
    chat.addMessage({ role: 'ai', html: await ask({ decided: true }) });
  });
})();
