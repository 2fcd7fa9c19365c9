// What the build puts in: the Wasm's glue, and style sheets as text.

declare module '*.css' {
  const text: string;
  export default text;
}
declare module 'candor-wasm' {
  type Host = import('./types').Host;
  export function imports(): WebAssembly.Imports;
  export function finish(instance: WebAssembly.Instance, module: WebAssembly.Module): unknown;
  export function start(host: Host & { panel(): void; download(name: string, text: string): void }): void;
  export function words(lang: string, messages: unknown, hash: string): void;
  /** What is wrong with the document, if anything is. */
  export function mount(kind: string, target: HTMLElement, element: HTMLElement, lang: string, close: () => void): string | undefined;
  export function unmount(element: HTMLElement): void;
  export function refresh(element: HTMLElement): void;
  export function identify(): void;
  export function forget(): Promise<void>;
  export function flush(online: boolean): void;
  export function offline(): void;
  export function hidden(): void;
  export function choices(): Promise<unknown>;
  export function allowed(purpose: string, source: string): boolean;
  export function subject(): string | undefined;
}
