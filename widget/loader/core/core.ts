// Fetched on intent: starts the Wasm and gives each card its place on the page.

import { onTrap } from 'candor-guard';
import cardStyle from 'candor-card.css';
import stageStyle from './stage.css';
import * as wasm from 'candor-wasm';
import { Stage } from './stage';
import type { Core, Host, Spec } from './types';

/** The hash of each catalogue's bytes: what a decision says it was made under. */
declare const CANDOR_WORD_HASHES: Record<string, string>;

export async function boot(module: WebAssembly.Module, host: Host): Promise<Core> {
  const stages = new Map<HTMLElement, Stage>();
  const style = sheet(stageStyle + cardStyle, host.nonce);
  onTrap((cause) => {
    for (const stage of stages.values()) stage.remove();
    host.died(cause);
  });
  wasm.finish(await WebAssembly.instantiate(module, wasm.imports()), module);
  wasm.start({ ...host, panel, download });

  const drop = (element: HTMLElement) => {
    wasm.unmount(element);
    stages.delete(element);
  };
  for (const name of ['pagehide', 'visibilitychange'])
    addEventListener(name, () => document.visibilityState === 'hidden' && wasm.hidden(), { capture: true });
  for (const name of ['online', 'pageshow', 'visibilitychange'])
    addEventListener(name, () => document.visibilityState === 'visible' && wasm.flush(name === 'online'), { capture: true });
  addEventListener('offline', () => wasm.offline());

  return {
    words: (lang, messages) => wasm.words(lang, messages, CANDOR_WORD_HASHES[lang] ?? ''),
    show(spec: Spec) {
      const { element } = spec;
      if (stages.has(element)) return wasm.refresh(element);
      style(spec.root);
      const stage = new Stage(spec, () => drop(element));
      stages.set(element, stage);
      // Closing unmounts; not from inside the very click that asked for it.
      const close = () => queueMicrotask(() => stage.close());
      const fault = wasm.mount(spec.kind, stage.mount, element, spec.lang, close);
      if (fault) {
        stage.remove();
        drop(element);
        return spec.failed({ code: 'document', message: fault, fix: 'See what `candor check` says of the document.' });
      }
      element.dataset.state = 'ready';
      element.dataset.tier = 'wasm';
      stage.open();
    },
    hide(element) {
      const stage = stages.get(element);
      if (!stage) return;
      stage.remove();
      drop(element);
    },
    identify: () => wasm.identify(),
    forget: () => wasm.forget(),
    flush: () => wasm.flush(false),
    choices: () => wasm.choices(),
    allowed: (purpose, source) => wasm.allowed(purpose, source) === true,
    subject: () => wasm.subject() ?? null,
  };
}

/** Opens the choices, in the page's element or one of our own. */
function panel(): void {
  (window as unknown as { candor: { open(what: string): void } }).candor.open('choices');
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 9_999);
}

/** One sheet for all cards; a nonced style element where sheets cannot be made. */
function sheet(css: string, nonce: string): (root: ShadowRoot) => void {
  let made: CSSStyleSheet | undefined;
  try {
    (made = new CSSStyleSheet()).replaceSync(css);
  } catch {
    made = undefined;
  }
  const styled = new WeakSet<ShadowRoot>();
  return (root) => {
    if (styled.has(root)) return;
    styled.add(root);
    if (made && root.adoptedStyleSheets) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, made];
    } else {
      const element = document.createElement('style');
      element.nonce = nonce;
      element.textContent = css;
      root.append(element);
    }
  };
}
