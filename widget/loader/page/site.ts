// Who loaded us, from where, for which site. Read once, while the script runs.

declare const CANDOR_VERSION: string;

/** The tag that brought us. A page may hold an element named `currentScript`, so its type is checked. */
const found = document.currentScript;
const script =
  found instanceof HTMLScriptElement ? found : document.querySelector<HTMLScriptElement>('script[src*="candor.js"]');

const address = new URL(script?.src || location.href, location.href);

export const version = CANDOR_VERSION;
export const site = script?.dataset.site ?? '';
export const off = !!script && 'off' in script.dataset;
export const nonce = script?.nonce ?? '';
/** The service answers where the script came from. */
export const origin = address.origin;
export const file = (name: string): string => new URL(name, address).href;
