// Requests to the service: CORS-simple, without cookies, never without an end.

/** The longest that anything asked for may take. */
export const PATIENCE = 10_000;
/** The longest that the service has us wait: more is taken for a mistake. */
export const HOUR = 3_600_000;

export const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

export interface Answer {
  /** 0: no answer, or one that makes no sense. */
  status: number;
  value?: unknown;
  /** Milliseconds the service asks to wait, an hour at most. */
  wait?: number;
}

export interface How {
  /** It has to outlive the page. */
  keepalive?: boolean;
  as?: 'json' | 'text';
}

/** `text/plain` JSON, so that nothing preflights. Never throws. */
export async function request(url: string, body?: object, { keepalive, as = 'json' }: How = {}): Promise<Answer> {
  const end = new AbortController();
  const late = setTimeout(() => end.abort(), PATIENCE);
  try {
    const answer = await fetch(url, {
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      signal: end.signal,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      keepalive,
    });
    const { status, ok } = answer;
    if (!ok) {
      // Only the service itself can say that it will never take something: a login page, a proxy
      // or a firewall on the way is no answer. Nor is one about the shop's address: it says nothing of the person.
      const own = status > 499 || (/problem/.test(answer.headers.get('content-type')!) && !/origin-/.test(await answer.text()));
      return { status: own ? status : 0, wait: wait(answer.headers.get('retry-after')) };
    }
    return { status, value: status === 204 ? undefined : await answer[as]() };
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(late);
  }
}

/** Seconds, or a date. */
function wait(text: string | null): number | undefined {
  const seconds = +text!;
  const ms = seconds >= 0 ? seconds * 1_000 : Date.parse(text!) - Date.now();
  return ms > 0 ? Math.min(ms, HOUR) : undefined;
}
