// The only file a page loads by itself.

import { core, install, links } from './api';
import { current, host } from './core';
import { Ask, Choices, Why } from './elements';
import { keys } from './kept';
import { diagnose, emit, quiet } from './report';
import { file, off, version } from './site';

declare const CANDOR_SIGNALS: string;

const TOOLS = /\b(__(tcf|gpp|ucC)|Shopi|wp_h|OneT|[Cc]ookie[bcC]|Dido|UC_U|klar|tarte|Fides|orej|c15t)/;

if (!off) {
  // A page that nobody looks at yet is none: nothing is asked, stored or sent.
  if ((document as { prerendering?: boolean }).prerendering) document.addEventListener('prerenderingchange', begin, { once: true });
  else begin();
}

function begin(): void {
  const known = customElements.get('candor-why') as { version?: string } | undefined;
  if (known) return diagnose('second-copy', `candor.js ${version} came after ${known.version}.`, 'Load one script tag.');
  (Why as { version?: string }).version = version;
  customElements.define('candor-why', Why);
  customElements.define('candor-ask', Ask);
  customElements.define('candor-choices', Choices);
  install();
  links();
  // Decisions (`out:`) or an erasure (`owed:`) that never reached the service: sending them is worth loading for.
  if (keys('o')[0]) {
    (window.requestIdleCallback ?? setTimeout)(() => core().then((card) => card.flush()).catch(quiet));
  }
  // Consent tools of the shop's own come early, or late from a tag manager on a slow line; what passes on their
  // "no", or the browser's, is fetched only where there is one.
  // Under an address that failed it would not be fetched again.
  let again = '';
  for (const wait of [1e3, 5e3, 2e4])
    setTimeout(() => {
      if (TOOLS.test(Object.keys(window) as unknown as string) || (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) import(file(CANDOR_SIGNALS) + again).then(({ listen }) => listen(host, current, core), () => (again += '#'));
    }, wait);
  emit('ready', { version });
}
