// Every call into the Wasm goes through here. What trapped once is never called
// again (its state may be half changed), and nothing is thrown into the page.

let trapped: (cause: unknown) => void = () => {};
let dead = false;

/** In place of what a trapped call would have returned: the glue reads it as no text. */
const NOTHING = [0, 0];

export const onTrap = (fn: (cause: unknown) => void): void => void (trapped = fn);

/** Whether the last answers are worth anything: to the glue, a yes and no answer look alike. */
export const alive = (): boolean => !dead;

export function guard(exports: WebAssembly.Exports): WebAssembly.Exports {
  const guarded: Record<string, WebAssembly.ExportValue> = {};
  for (const [name, value] of Object.entries(exports)) {
    guarded[name] = typeof value !== 'function' ? value : (...args: unknown[]) => {
      if (dead) return NOTHING;
      try {
        return value(...args);
      } catch (cause) {
        dead = true;
        queueMicrotask(() => trapped(cause));
        return NOTHING;
      }
    };
  }
  return guarded;
}
