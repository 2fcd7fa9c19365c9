// The plain parts of a browser: timers, listeners, an abort, a clock, an element.

type Native = (...args: any[]) => any;
declare const native: Record<string, Native>;

/** By the true time, which no wrong clock moves. */
export class Timers {
  private due: { id: number; at: number; work: Native; args: unknown[] }[] = [];
  private last = 0;

  constructor(private page: number) {}

  set = (work: Native, ms = 0, ...args: unknown[]): number => {
    this.due.push({ id: ++this.last, at: native.time!() + Math.max(ms, 0), work, args });
    this.tell();
    return this.last;
  };

  clear = (id: number | undefined): void => {
    const left = this.due.filter((one) => one.id !== id);
    if (left.length === this.due.length) return;
    this.due = left;
    this.tell();
  };

  /** From when on it is worth coming by. */
  private tell(): void {
    native.due!(this.page, Math.min(...this.due.map(({ at }) => at)));
  }

  /** Runs the one that is due first; false: none is. */
  fire(): boolean {
    const now = native.time!();
    let first: (typeof this.due)[0] | undefined;
    for (const one of this.due) if (one.at <= now && (!first || one.at < first.at)) first = one;
    if (!first) return false;
    this.clear(first.id);
    first.work(...first.args);
    return true;
  }
}

export class Listeners {
  private heard: { name: string; hear: Native }[] = [];

  add = (name: string, hear: Native, how?: { signal?: { addEventListener(name: string, hear: Native): void } }): void => {
    const one = { name, hear };
    this.heard.push(one);
    how?.signal?.addEventListener('abort', () => (this.heard = this.heard.filter((other) => other !== one)));
  };

  tell(name: string, event: object): void {
    for (const one of [...this.heard]) if (one.name === name) one.hear(event);
  }
}

export class Abort {
  readonly signal = {
    aborted: false,
    heard: [] as Native[],
    addEventListener(_: string, hear: Native) {
      this.heard.push(hear);
    },
  };

  abort(): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    for (const hear of this.signal.heard) hear();
  }
}

/** `Date` by a clock that may be wrong. */
export const Clock = (now: () => number): DateConstructor =>
  class extends Date {
    constructor(...args: [] | [number]) {
      if (args.length) super(...args);
      else super(now());
    }
    static override now(): number {
      return now();
    }
  } as DateConstructor;

export const element = (): object => ({
  dataset: {},
  style: {},
  isConnected: true,
  activeElement: null,
  getAttribute: () => null,
  querySelector: () => null,
  querySelectorAll: () => [],
  addEventListener() {},
  append() {},
  remove() {},
  focus() {},
});
