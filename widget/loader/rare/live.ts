// Hears the service: the data of server-sent events, as they come. Fetched when a card that wants them is open.

/** Between the end of one line and the next, twice as long each time, until one brings something; in milliseconds. */
const LEAST = 5_000;
const MOST = 300_000;
const HOUR = 3_600_000;
let wait = LEAST;
/** Until when the service takes no line, as it said. */
let rest = 0;
const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** Until the page ends it. Where the service or the network does, the page asks `again` after a while. */
export async function hear(url: string, body: object, signal: AbortSignal, heard: (data: string) => void, again: () => unknown): Promise<void> {
  const told = (data: string): void => ((wait = LEAST), heard(data));
  const left = rest - Date.now();
  // A clock that was set back since holds nothing up.
  if (left > 0 && left <= HOUR) await pause(left);
  if (signal.aborted) return;
  const asked = (await listen(url, body, signal, told).catch(() => {})) || 0;
  rest = asked && Date.now() + asked;
  await pause(Math.max(asked, wait * (1 + Math.random())));
  wait = Math.min(2 * wait, MOST);
  if (!signal.aborted) again();
}

/** Where the service does not take the line: the milliseconds it asks to wait. */
async function listen(url: string, body: object, signal: AbortSignal, heard: (data: string) => void): Promise<number | undefined> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    signal,
  });
  const reader = answer.ok && answer.body?.getReader();
  if (!reader) return Math.min(+answer.headers.get('retry-after')! * 1_000, HOUR);
  const decoder = new TextDecoder();
  let held = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += decoder.decode(value, { stream: true });
    const parts = held.split('\n\n');
    held = parts.pop() ?? '';
    for (const part of parts) {
      const data = /^data: ?(.*)$/m.exec(part)?.[1];
      if (data) heard(data);
    }
  }
}
