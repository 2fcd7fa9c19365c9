// One thing wrong between a page and the service at a time. Whatever it is, the
// choice ends saved exactly once, as the service's own record tells, and the card
// says "Not sent yet" until then.
import { type Locator, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { type Fault, type Line, overLine } from '../house/line';
import { visit } from '../house/shop';

const here = demo();
const within = overLine(here);
test.describe.configure({ mode: 'parallel' });

const problem = (type: string, status: number): [string, Record<string, string>] => [
  JSON.stringify({ type: `urn:candor:problem:${type}`, title: type, status }),
  { 'content-type': 'application/problem+json' },
];

/** The connection ends after half of what was announced. */
const halved: Fault = async (x) => {
  const { status, headers, body } = await x.deliver();
  x.answer.writeHead(status, { ...headers, 'content-length': String(body.length) });
  x.answer.write(body.subarray(0, body.length >> 1), () => x.reset());
};

const FAULTS: Record<string, Fault> = {
  'the connection is reset before the service has it': (x) => x.reset(),
  'the connection is closed without a word': (x) => x.asked.socket.end(),
  'the connection is reset after the service stored it': async (x) => (await x.deliver(), x.reset()),
  'the answer is cut in the middle': halved,
  'a streamed answer is cut in the middle': async (x) => {
    const { status, headers, body } = await x.deliver();
    delete headers['content-length'];
    x.answer.writeHead(status, headers);
    x.answer.write(body.subarray(0, 20), () => x.reset());
  },
  'the bytes that come back are no HTTP': (x) => x.asked.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
  '408, the request took too long': (x) => x.say(408),
  '408 of the service itself': (x) => x.say(408, ...problem('busy', 408)),
  '429 without a word on how long to wait': (x) => x.say(429, ...problem('busy', 429)),
  '500, before anything was stored': (x) => x.say(500, 'oops'),
  '500, after it was stored': async (x) => (await x.deliver(), x.say(500, 'oops')),
  '502 of a gateway': (x) => x.say(502, '<h1>Bad gateway</h1>'),
  '503, with a problem document': (x) => x.say(503, ...problem('storage', 503)),
  '504, after it was stored': async (x) => (await x.deliver(), x.say(504)),
  'an error that no page may read': (x) => x.say(500, 'oops', {}, true),
  'a firewall says 403': (x) => x.say(403, '<h1>Forbidden</h1>'),
  'the shop’s address is none of the site’s for a while': (x) => x.say(403, ...problem('origin-not-allowed', 403)),
  'a proxy says 404': (x) => x.say(404, '<h1>Not found</h1>'),
  'a proxy says 413': (x) => x.say(413, '<h1>Too large</h1>'),
  'a login page in place of the answer': (x) => x.say(200, '<!doctype html><h1>Welcome to the hotel</h1>'),
  'sent on to a login page': (x) => x.say(302, '', { location: `${here.service}/livez` }),
  'an answer of nothing': (x) => x.say(200, '', { 'content-type': 'application/json' }),
  '204, no content': (x) => x.say(204),
  'JSON that ends early': (x) => x.say(200, '{"outcomes":[', { 'content-type': 'application/json' }),
  'JSON of something else': (x) => x.say(200, '{"ok":true}', { 'content-type': 'application/json' }),
  'an answer without outcomes': async (x) => {
    const { headers, body } = await x.deliver();
    const said = JSON.stringify({ ...JSON.parse(body.toString()), outcomes: [] });
    x.say(200, said, { ...headers, 'content-length': String(said.length) });
  },
  'an answer about somebody else’s decision': async (x) => {
    const { headers, body } = await x.deliver();
    const said = body.toString().replaceAll(/"decision":"[0-9a-f]{8}/g, '"decision":"00000000');
    x.say(200, said, { ...headers, 'content-length': String(said.length) });
  },
};

/** What is not over by itself: the page has to lose patience, or the time to pass. */
const SLOW: Record<string, Fault> = {
  'no answer ever comes': () => {},
  'it is stored, and no answer ever comes': async (x) => void (await x.deliver()),
  'the answer stops in the middle and goes no further': async (x) => {
    const { status, headers, body } = await x.deliver();
    x.answer.writeHead(status, headers);
    x.answer.write(body.subarray(0, body.length >> 1));
  },
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`${name}: saved exactly once`, () =>
    within(async ({ line, page }) => {
      const basket = await begin(page);
      line.break(fault);
      const id = await switchOff(page, basket);
      await notYet(basket, line);
      line.mend();
      await savedOnce(page, basket, id);
    }));
}

for (const [name, fault] of Object.entries(SLOW)) {
  test(`${name}: saved exactly once`, () =>
    within(async ({ line, page }) => {
      await page.clock.install();
      const basket = await begin(page);
      line.break(fault);
      const id = await switchOff(page, basket);
      await notYet(basket, line);
      line.mend();
      await page.clock.fastForward(11_000);
      await savedOnce(page, basket, id);
    }));
}

test('the service refuses connections for a while: saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    await line.shut();
    const id = await switchOff(page, basket);
    await expect(basket.locator('.done')).toContainText('Not sent yet');
    await expect(page.locator('candor-choices')).toContainText('We’ll tell the shop when you’re back online.');
    await line.listen();
    await savedOnce(page, basket, id);
  }));

test('the service stops while it has the request, and comes back: saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break(() => {});
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    await line.shut();
    line.mend();
    await line.listen();
    await savedOnce(page, basket, id);
  }));

test('429 that asks for two seconds: nothing comes sooner, and it is saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break((x) => x.say(429, ...withWait(problem('busy', 429), '2')));
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    line.mend();
    await savedOnce(page, basket, id);
    expect(line.hits[1]! - line.hits[0]!).toBeGreaterThanOrEqual(1_950);
  }));

test('503 that names the hour to come back: saved exactly once', () =>
  within(async ({ line, page }) => {
    await page.clock.install();
    const basket = await begin(page);
    line.break((x) => x.say(503, ...withWait(problem('busy', 503), new Date(Date.now() + 3_600_000).toUTCString())));
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    line.mend();
    await page.clock.fastForward('05:00');
    expect(line.hits).toHaveLength(1);
    await page.clock.fastForward('01:00:00');
    await savedOnce(page, basket, id);
  }));

test('the browser goes offline before the press: saved exactly once when it is back', () =>
  within(async ({ context, line, page }) => {
    const basket = await begin(page);
    const before = line.hits.length;
    await context.setOffline(true);
    const id = await switchOff(page, basket);
    await expect(basket.locator('.done')).toContainText('Not sent yet');
    expect(line.hits).toHaveLength(before);
    await context.setOffline(false);
    await savedOnce(page, basket, id);
  }));

test('the browser goes offline while it is on its way: saved exactly once', () =>
  within(async ({ context, line, page }) => {
    await page.clock.install();
    const basket = await begin(page);
    line.break(async (x) => void (await x.deliver()));
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    await context.setOffline(true);
    line.mend();
    await page.clock.fastForward(11_000);
    await expect(basket.locator('.done')).toContainText('Not sent yet');
    await context.setOffline(false);
    await savedOnce(page, basket, id);
  }));

test('the name of the service is not found: saved exactly once', () =>
  within(async ({ page }) => {
    const basket = await begin(page);
    await page.route('**/v1/decisions', (route) => route.abort('namenotresolved'));
    const id = await switchOff(page, basket);
    await expect(basket.locator('.done')).toContainText('Not sent yet');
    await page.unroute('**/v1/decisions');
    await savedOnce(page, basket, id);
  }));

for (const [when, fault] of [['before the service has it', () => {}], ['after the service stored it', async (x) => void (await x.deliver())]] as [string, Fault][]) {
  test(`the tab is killed ${when}: the next visit finds it saved exactly once`, () =>
    within(async ({ context, line, page }) => {
      const basket = await begin(page);
      line.break(fault);
      const id = await switchOff(page, basket);
      await notYet(basket, line);
      // No chance to say anything on the way out, as in a crash.
      await page.goto('chrome://crash').catch(() => {});
      await page.close();
      line.mend();
      const next = await context.newPage();
      await visit(next, here.shop, 'nora');
      await recordedOnce(next, id);
      await offAndSaid(next);
    }));
}

test('the tab is closed while it is on its way: what waits leaves with it', () =>
  within(async ({ context, line, page }) => {
    const basket = await begin(page);
    line.break(() => {});
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    line.mend();
    await page.goto('about:blank');
    await expect.poll(() => line.hits.length).toBeGreaterThan(1);
    const next = await context.newPage();
    await visit(next, here.shop, 'nora');
    await recordedOnce(next, id);
    await offAndSaid(next);
  }));

test('the answer takes three seconds: it is asked for once, and saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break(async (x) => {
      const answer = await x.deliver();
      setTimeout(() => x.pass(answer), 3_000);
    });
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    await savedOnce(page, basket, id);
    expect(line.hits).toHaveLength(1);
  }));

test('the request is delivered twice: saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break(async (x) => {
      const [first, second] = [await x.deliver(), await x.deliver()];
      expect(JSON.parse(second.body.toString()).outcomes).toEqual(JSON.parse(first.body.toString()).outcomes);
      x.pass(second);
    });
    await savedOnce(page, basket, await switchOff(page, basket));
  }));

test('half of the request arrives, and the rest later: saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break(async (x) => {
      // The service is handed bytes that are no JSON: its own refusal must not end the decision.
      const refused = await x.deliver(x.body.subarray(0, x.body.length >> 1));
      expect(refused.status).toBe(400);
      x.reset();
    });
    const id = await switchOff(page, basket);
    await notYet(basket, line);
    line.mend();
    await savedOnce(page, basket, id);
  }));

test('the capability is good no more: another one is fetched, and it is saved exactly once', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    // The service itself finds it wanting.
    line.break(async (x) => {
      const sent = JSON.parse(x.body.toString());
      line.mend();
      const answer = await x.deliver(Buffer.from(JSON.stringify({ ...sent, capability: sent.capability.slice(0, -4) + 'AAAA' })));
      expect(answer.status).toBe(401);
      x.pass(answer);
    });
    const renewed = page.waitForRequest((asked) => asked.url().endsWith('/v1/session'));
    const id = await switchOff(page, basket);
    await renewed;
    await savedOnce(page, basket, id);
  }));

test('three choices while nothing gets through: each is saved exactly once, in their order', () =>
  within(async ({ line, page }) => {
    const basket = await begin(page);
    line.break((x) => x.reset());
    const ids = [await switchOff(page, basket), await press(page, basket, 'true'), await switchOff(page, basket)];
    await notYet(basket, line);
    line.mend();
    await savedOnce(page, basket, ids[2]!);
    for (const id of ids) await recordedOnce(page, id);
    const { decisions } = await service<{ decisions: { id: string; seq: number }[] }>(page, 'history');
    const seqs = decisions.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
  }));

/** Somebody whom nobody knows has just said yes to their basket. */
async function begin(page: Page): Promise<Locator> {
  await visit(page, here.shop, 'nora');
  const basket = await panel(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  return basket;
}

async function panel(page: Page): Promise<Locator> {
  await page.locator('a[data-candor-open="choices"]').first().click();
  return page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
}

const switchOff = (page: Page, basket: Locator): Promise<string> => press(page, basket, 'false');

/** The id of the decision that a press made; it took effect at once. */
async function press(page: Page, basket: Locator, ends: string): Promise<string> {
  const made = page.evaluate(
    () => new Promise<string>((done) => document.addEventListener('candor:saved', (event) => done((event as CustomEvent).detail.decision), { once: true })),
  );
  await basket.getByRole('switch').click();
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', ends);
  return made;
}

/** The fault struck, and the card does not pretend. */
async function notYet(basket: Locator, line: Line): Promise<void> {
  await expect.poll(() => line.hits.length).toBeGreaterThan(0);
  await expect(basket.locator('.done')).toContainText('Not sent yet');
  await expect(basket.locator('.done')).not.toContainText('Saved');
}

async function savedOnce(page: Page, basket: Locator, id: string): Promise<void> {
  await expect(basket.locator('.done')).toContainText('Saved', { timeout: 20_000 });
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await recordedOnce(page, id);
}

/** By the service's own record: there once, in force, and nothing waits any more. */
async function recordedOnce(page: Page, id: string): Promise<void> {
  const waiting = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:out:')).length);
  await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
  const { decisions } = await service<{ decisions: { id: string }[] }>(page, 'history');
  expect(decisions.filter((decision) => decision.id === id)).toHaveLength(1);
  const { controls } = await service<{ controls: Record<string, { choice: string }> }>(page, 'choices');
  expect(controls['recommendations/basket']?.choice).toBe('denied');
}

/** Asked without the line, as this page's person. */
async function service<T>(page: Page, path: string): Promise<T> {
  const kept = await page.evaluate(() => localStorage.getItem('candor:pk_demo:session') ?? '{}');
  const answer = await page.request.post(`${here.inside}/v1/${path}`, {
    headers: { 'content-type': 'text/plain', origin: here.shop },
    data: JSON.stringify({ site: 'pk_demo', capability: JSON.parse(kept).capability }),
  });
  expect(answer.status()).toBe(200);
  return answer.json();
}

function withWait([body, headers]: [string, Record<string, string>], wait: string): [string, Record<string, string>] {
  return [body, { ...headers, 'retry-after': wait }];
}

/** The next page shows what was decided, and says of nothing that it is still to be sent. */
async function offAndSaid(page: Page): Promise<void> {
  const basket = await panel(page);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await expect(page.locator('candor-choices')).not.toContainText('Not sent yet');
}
