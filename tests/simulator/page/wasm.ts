// In place of wasm-bindgen's glue: the same calls, handed to the same Rust outside of a Wasm (`src/page/wasm.rs`).

type Told = (page: number, ...args: any[]) => any;
declare const native: Record<string, Told>;
declare const page: number;

const text = (value: unknown): string => JSON.stringify(value) ?? 'null';

export const imports = (): object => ({});
export const finish = (): void => {};
export const start = (host: object): void => native.start!(page, host);
export const words = (): void => {};
export const mount = (): void => {};
export const unmount = (): void => {};
export const follow = (): void => {};
export const explained = (): void => {};
export const received = (): void => {};
export const history = (): void => {};
export const event = (name: string): void => native.event!(page, name);
export const holds = (): boolean => native.holds!(page);
export const forget = (): void => native.forget!(page);
export const choices = (): string => native.choices!(page);
export const allowed = (purpose: string, source: string): boolean => native.allowed!(page, purpose, source);
export const notice = (value: unknown): boolean => native.notice!(page, text(value));
export const stand = (value: unknown, cause: string): boolean => native.stand!(page, text(value), cause);
export const answered = (value: unknown): boolean => native.answered!(page, text(value));
export const known = (of: string, subject: boolean, signedIn: boolean): void => native.known!(page, of, subject, signedIn);
export const unknown = (): void => native.unknown!(page);
export const stored = (entries: unknown[], next: number, byTab: boolean, stands?: unknown): number => (native.stored!(page, text(entries), next, byTab, text(stands)), -1);
export const alone = (): void => native.alone!(page);
export const gathered = (lang: string, reached: boolean): void => native.gathered!(page, lang, reached);
export const state = (what: number, is: boolean): void => native.state!(page, what, is);
export const failed = (status: number, wait?: number): void => native.failed!(page, status, wait ?? -1);
