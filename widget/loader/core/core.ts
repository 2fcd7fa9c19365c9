// Fetched on intent: starts the Wasm and gives each card its place on the page.

import { alive, onTrap } from 'candor-guard';
import cardStyle from 'candor-card.css';
import stageStyle from 'candor-stage.css';
import * as wasm from 'candor-wasm';
import { Drivers } from './drivers';
import { parse } from './shelf';
import { Stage } from './stage';
import type { Core, Host, Spec } from './types';

export async function boot(compiled: Promise<WebAssembly.Module>, host: Host): Promise<Core> {
  const stages = new Map<HTMLElement, Stage>();
  const styled = new WeakSet<ShadowRoot>();
  let sheet: CSSStyleSheet | undefined;
  let started = (): void => {};
  const ready = new Promise<void>((go) => (started = go));
  // Closing unmounts; not from inside the very click that asked for it.
  const close = (element: HTMLElement) => queueMicrotask(() => stages.get(element)?.close());
  const drivers = new Drivers(host, ready, close, () => [...stages.values()].map(({ spec }) => spec));
  const stop = new AbortController();
  host.changed = () => drivers.identify();
  void host.pressed.then((spec) => host.wants(spec) && drivers.begin(spec));
  onTrap((cause) => {
    for (const stage of stages.values()) stage.remove();
    stages.clear();
    stop.abort();
    drivers.end();
    host.died(cause);
  });
  const [module] = await Promise.all([compiled, drivers.wake()]);
  wasm.finish(await WebAssembly.instantiate(module, wasm.imports()), module);
  wasm.start(drivers);
  if (host.refuses) wasm.state(2, true);
  if (!alive()) throw 'at once';
  started();
  drivers.join();

  const drop = (element: HTMLElement) => {
    wasm.unmount(element);
    stages.delete(element);
    if ([...stages.values()].every(({ spec }) => spec.kind === 'ask')) drivers.deaf();
  };
  const options = { capture: true, signal: stop.signal };
  for (const name of ['pagehide', 'visibilitychange'])
    addEventListener(name, () => document.hidden && drivers.hidden(), options);
  let front = 0;
  for (const name of ['online', 'pageshow', 'visibilitychange', 'focus'])
    addEventListener(
      name,
      (event) => {
        // Of two windows side by side none is hidden. One that comes to the front is told so twice.
        if (name === 'focus' && (event.target !== window || event.timeStamp - front < 1_000)) return;
        front = event.timeStamp;
        // On the pages that stood here meanwhile somebody may have left, come or been asked.
        if ((event as PageTransitionEvent).persisted) {
          const known = drivers.subject();
          drivers.identify(false, true);
          drivers.settle();
          if (known) void drivers.choices();
        }
        if (!document.hidden) void drivers.flush(navigator.onLine);
      },
      options,
    );
  addEventListener('offline', () => drivers.cut(true), options);

  return Object.assign(drivers, {
    words(lang: string, messages: unknown) {
      const list = Object.values(messages ?? {});
      // The last one is the hash of what was written, which a decision names.
      wasm.words(lang, list, String(list.pop()));
      drivers.lang = lang;
    },
    async show(spec: Spec) {
      const { element } = spec;
      const shown = stages.get(element);
      if (shown) {
        wasm.follow(element);
        shown.again();
        return void drivers.fill(shown.spec);
      }
      // What was refused on this device is not asked; while that was looked up it may have gone.
      if (spec.kind === 'ask' && !(await drivers.asks(spec, true))) return spec.closed();
      if (!host.wants(spec) || stages.has(element)) return;
      if (!styled.has(spec.root)) sheet = host.style(spec.root, stageStyle + cardStyle, sheet);
      styled.add(spec.root);
      const stage = new Stage(spec, () => drop(element));
      stages.set(element, stage);
      const fault = mount(spec, stage.mount);
      if (fault) {
        stage.remove();
        drop(element);
        return spec.failed({ code: 'document', message: fault, fix: 'Try `candor check`.' });
      }
      void drivers.fill(spec);
      element.dataset.state = 'ready';
      element.dataset.tier = 'wasm';
      stage.open();
    },
    hide(element: HTMLElement) {
      const stage = stages.get(element);
      if (!stage) return;
      stage.remove();
      drop(element);
    },
    // Before anybody was asked about, what an earlier page was told counts.
    allowed: (purpose: string, source: string) => (drivers.knows() ? !drivers.leaving_ && wasm.allowed(purpose, source) && alive() : undefined),
  });
}

/** With the two scripts inside the element, which need no service to be shown. */
function mount({ kind, element, lang }: Spec, target: HTMLElement): string | undefined {
  const inline = (name: string): unknown => {
    const text = element.querySelector(`script[type="application/json"][data-candor=${name}]`)?.textContent;
    // What is no JSON is no document: the reader says so.
    return text ? parse(text) ?? null : undefined;
  };
  return wasm.mount(kind, target, element, lang, inline('explanation'), inline('notice'));
}
