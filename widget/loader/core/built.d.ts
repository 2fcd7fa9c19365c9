// What the build puts in: the Wasm's glue, and style sheets as text.

declare module '*.css' {
  const text: string;
  export default text;
}
declare module 'candor-wasm' {
  export function imports(): WebAssembly.Imports;
  export function finish(instance: WebAssembly.Instance, module: WebAssembly.Module): unknown;
  export function start(host: import('./drivers').Drivers): void;
  export function words(lang: string, messages: unknown[], hash: string): void;
  /** With the document and notice that came with the page, if they did. What is wrong with them, if anything is. */
  export function mount(kind: string, target: HTMLElement, element: HTMLElement, lang: string, document: unknown, notice: unknown): string | undefined;
  export function unmount(element: HTMLElement): void;
  export function follow(element: HTMLElement): void;
  export function event(name: 'flush' | 'online' | 'hidden'): void;
  export function holds(): boolean;
  export function forget(): void;
  export function choices(): string;
  export function allowed(purpose: string, source: string): boolean;
  /** These answer false where what was heard makes no sense. */
  export function notice(value: unknown): boolean;
  export function stand(value: unknown, cause: string): boolean;
  export function answered(value: unknown): boolean;
  export function known(of: string, subject: boolean, signedIn: boolean): void;
  export function unknown(): void;
  /** The place of the first one that cannot be read, or -1. */
  export function stored(entries: unknown[], nextSeq: number, byTab: boolean, stands?: object): number;
  export function alone(): void;
  export function gathered(lang: string, reached: boolean): void;
  /** 0: there is no way to the service; 1: there is nowhere to keep what waits; 2: the shop's consent tool says no. */
  export function state(what: 0 | 1 | 2, is: boolean): void;
  export function explained(element: HTMLElement, recommendation: string, value: unknown, state: string): void;
  export function failed(status: number, retryAfter?: number): void;
  export function received(element: HTMLElement, kind: string, id?: string): void;
  export function history(value: unknown, local: boolean): void;
}
