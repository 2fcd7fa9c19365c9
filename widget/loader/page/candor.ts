// The only file a page loads by itself.

import { install, links, pending } from './api';
import { current, language, load } from './core';
import { Ask, Choices, Why } from './elements';
import { diagnose, emit } from './report';
import { off, version } from './site';

const known = customElements.get('candor-why') as { version?: string } | undefined;
if (known) {
  diagnose('second-copy', `candor.js ${version} came after ${known.version ?? 'another'}.`, 'Load one script tag; the first stays in charge.');
} else if (!off) {
  (Why as { version?: string }).version = version;
  customElements.define('candor-why', Why);
  customElements.define('candor-ask', Ask);
  customElements.define('candor-choices', Choices);
  install();
  links();
  if (pending()) {
    const idle = window.requestIdleCallback ?? ((fn: () => void) => setTimeout(fn, 999));
    idle(() => load(language(document.documentElement)).then(() => current()?.flush()).catch(() => {}));
  }
  emit('ready', { version });
}
