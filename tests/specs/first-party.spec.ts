// The shop's own server keeps what leads back to an anonymous visitor's choices, in a cookie that Safari
// leaves alone: set after a choice, gone with forget(), and never worse than without.
import { type BrowserContext, type Locator, type Page, type Route, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { quietly } from '../house/person';
import { eightDaysLater, leavesNothing } from '../house/safari';
import { visit } from '../house/shop';

const here = demo();
test.describe.configure({ mode: 'parallel' });

const stored = (page: Page, key: string): Promise<string | null> => page.evaluate((name) => localStorage.getItem(`candor:pk_demo:${name}`), key);
const subject = (page: Page): Promise<string | null> => page.evaluate(() => (window as any).candor.subject());
const allowed = (page: Page, source: string): Promise<boolean> => page.evaluate((of) => (window as any).candor.allowed('recommendations', of), source);
const forget = (page: Page): Promise<void> => page.evaluate(() => (window as any).candor.forget());

/** What the cookie says, once the shop has everything. */
async function kept(page: Page): Promise<Record<string, string>> {
  await expect.poll(async () => (await stored(page, 'differs')) ?? '0').toBe('0');
  const cookies = await page.context().cookies(`${here.shop}/candor/kept`);
  const text = cookies.find(({ name }) => name === 'candor_device')?.value ?? '';
  const [site, ...entries] = text ? JSON.parse(Buffer.from(text, 'base64url').toString()) : ['pk_demo'];
  expect(site).toBe('pk_demo');
  return Object.fromEntries(entries);
}

/** The row of what the list may use, by its source. */
async function panel(page: Page, source: string): Promise<Locator> {
  if (!(await page.locator('candor-choices section.panel').isVisible())) await page.locator('a[data-candor-open="choices"]').first().click();
  return page.locator('candor-choices li.row').filter({ has: page.locator(`[role=switch][aria-labelledby="candor-panel-recommendations/${source}"]`) });
}

/** Presses a switch; the id of the decision that made. */
async function press(page: Page, row: Locator, ends: boolean): Promise<string> {
  const made = page.evaluate(() => new Promise<string>((done) => document.addEventListener('candor:saved', (event) => done((event as CustomEvent).detail.decision), { once: true })));
  await row.getByRole('switch').click();
  await expect(row.getByRole('switch')).toHaveAttribute('aria-checked', String(ends));
  return made;
}

async function saved(page: Page, source: string, ends: boolean): Promise<string> {
  const row = await panel(page, source);
  const id = await press(page, row, ends);
  await expect(row.locator('.done')).toContainText('Saved');
  return id;
}

/** Asked as this page's person, past everything that a test laid in the way. */
async function service<T>(page: Page, path: string): Promise<T> {
  const capability = JSON.parse((await stored(page, 'session')) ?? '{}').capability;
  const answer = await page.request.post(`${here.inside}/v1/${path}`, {
    headers: { 'content-type': 'text/plain', origin: here.shop },
    data: JSON.stringify({ site: 'pk_demo', capability }),
  });
  expect(answer.status()).toBe(200);
  return answer.json();
}

interface Told { decisions: { id: string; seq: number; device: string }[] }

/** One device, each number once, none missing, each decision once. */
async function gapless(page: Page, ...ids: string[]): Promise<void> {
  const waiting = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:pk_demo:out:')).length);
  await expect.poll(waiting).toBe(0);
  const { decisions } = await service<Told>(page, 'history');
  expect(decisions.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(decisions.map((_, at) => at + 1));
  expect(new Set(decisions.map(({ device }) => device)).size).toBe(1);
  for (const id of ids) expect(decisions.filter((decision) => decision.id === id)).toHaveLength(1);
  expect(await service<{ missing?: unknown }>(page, 'choices')).not.toHaveProperty('missing');
}

const later = (context: BrowserContext): Promise<Page> => eightDaysLater(context, here.shop);
/** From when they may be asked again. */
const until = expect.stringMatching(/^\d{13}$/);
const isKept = (url: string): boolean => new URL(url).pathname === '/candor/kept';

test('a refusal of nobody outlives an emptied storage: they are not asked again, and the cookie names nobody', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await expect.poll(() => kept(page)).toEqual({ refused: expect.stringContaining('recommendations/basket'), 'ask-after': until });

  const next = await later(context);
  const asked = next.waitForResponse((answer) => isKept(answer.url()));
  await visit(next, here.shop, 'nora');
  expect((await asked).status()).toBe(200);
  await expect.poll(() => stored(next, 'refused')).toContain('recommendations/basket');
  await expect(next.locator('candor-ask')).toBeHidden();
  await expect(next.locator('candor-ask .equals button')).toHaveCount(0);
  expect(await allowed(next, 'basket')).toBe(false);
  await expect((await panel(next, 'basket')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  expect(await subject(next)).toBeNull();
  expect(await stored(next, 'device')).toBeNull();
  // The next page knows without asking.
  const again: string[] = [];
  next.on('request', (request) => void (isKept(request.url()) && again.push(request.method())));
  await visit(next, here.shop, 'nora');
  await next.waitForTimeout(1_000);
  await expect(next.locator('candor-ask')).toBeHidden();
  expect(again).toEqual([]);
});

test('a grant and a refusal outlive an emptied storage: same subject, same device, numbers go on, each saved once', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  const first = await saved(page, 'orders', true);
  const second = await saved(page, 'returns', true);
  const third = await saved(page, 'returns', false);
  const [who, device] = [await subject(page), await stored(page, 'device')];
  const cookie = await kept(page);
  expect(cookie).toEqual({ refused: expect.stringContaining('recommendations/basket'), asked: expect.any(String), 'ask-after': until, device, session: expect.stringContaining(who!), 'seq:anon': await stored(page, 'seq:anon') });
  expect(JSON.stringify(cookie)).not.toMatch(/granted|allowed/);

  const next = await later(context);
  await visit(next, here.shop, 'nora');
  expect(await allowed(next, 'orders')).toBe(false);
  await expect((await panel(next, 'orders')).getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  await expect((await panel(next, 'returns')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  expect([await subject(next), await stored(next, 'device')]).toEqual([who, device]);
  // Whatever the shop's page asks for: what was refused is not asked for again.
  await next.evaluate(() => document.querySelector('.ask-place')!.replaceChildren(Object.assign(document.createElement('candor-ask'), { id: 'again' })));
  await next.evaluate(() => document.getElementById('again')!.setAttribute('source', 'basket'));
  await next.evaluate(() => { const ask = document.getElementById('again')!; ask.replaceWith(ask.cloneNode()); });
  await expect(next.locator('#again')).toBeHidden();
  const fourth = await saved(next, 'orders', false);
  await gapless(next, first, second, third, fourth);
  expect(await kept(next)).toMatchObject({ device, 'seq:anon': await stored(next, 'seq:anon') });
});

for (const [how, act] of [['refused', false], ['granted', true]] as const)
  test(`the shop’s path answers late after an emptied storage, and something is ${how} meanwhile: what was kept is not lost`, async ({ page, context }) => {
    await quietly(page);
    await visit(page, here.shop, 'nora');
    await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
    await saved(page, 'orders', true);
    const who = await subject(page);
    await kept(page);
    const next = await later(context);
    await quietly(next);
    let mended = false;
    await next.route((url) => url.pathname === '/candor/kept', (route) => (mended ? route.fallback() : route.abort()));
    await visit(next, here.shop, 'nora');
    if (act) await saved(next, 'returns', true);
    else {
      await next.evaluate(() => {
        const ask = document.createElement('candor-ask');
        ask.setAttribute('source', 'returns');
        document.querySelector('#picks')!.before(ask);
      });
      await next.locator('candor-ask[source=returns] .equals button').last().click();
    }
    await next.waitForTimeout(1_500);
    const before = (await context.cookies(`${here.shop}/candor/kept`)).find(({ name }) => name === 'candor_device')!.value;
    expect(Buffer.from(before, 'base64url').toString(), 'not written over before it was read').toContain(who);
    mended = true;
    await next.evaluate(() => dispatchEvent(new Event('online')));
    const cookie = await kept(next);
    expect(cookie.refused).toContain('recommendations/basket');
    // Who said yes meanwhile has a subject of their own.
    if (act) return expect(cookie.session).not.toContain(who);
    expect(cookie.refused).toContain('recommendations/returns');
    expect(cookie.session).toContain(who);
    await visit(next, here.shop, 'nora');
    await expect((await panel(next, 'orders')).getByRole('switch')).toHaveAttribute('aria-checked', 'true');
    await expect((await panel(next, 'returns')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
    expect(await subject(next)).toBe(who);
  });

test('a refusal that was not sent yet outlives an emptied storage, and is sent once', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await saved(page, 'basket', true);
  await context.route('**/v1/decisions', (route) => route.abort());
  const row = await panel(page, 'basket');
  const id = await press(page, row, false);
  await expect(row.locator('.done')).toContainText('Not sent yet');
  expect(Object.keys(await kept(page))).toContain(`out:anon:${id}`);
  // In the page itself: a request that outlives its page passes every route a test lays.
  await page.evaluate(() => { window.fetch = () => Promise.reject(new TypeError('cut')); });

  const next = await later(context);
  await context.unroute('**/v1/decisions');
  await visit(next, here.shop, 'nora');
  await expect((await panel(next, 'basket')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await gapless(next, id);
  const { controls } = await service<{ controls: Record<string, { choice: string }> }>(next, 'choices');
  expect(controls['recommendations/basket']?.choice).toBe('denied');
  expect(Object.keys(await kept(next)).filter((key) => key.startsWith('out:'))).toEqual([]);
});

test('the cookie is older than what was decided: no number is given twice, and the next no applies', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await saved(page, 'basket', true);
  const old = await kept(page);
  await context.route(isKept as any, (route) => route.fulfill({ status: 500 }));
  await page.route((url) => isKept(String(url)), (route) => route.fulfill({ status: 500 }));
  await saved(page, 'basket', false);
  const last = await saved(page, 'basket', true);
  await page.evaluate(() => { window.fetch = () => Promise.reject(new TypeError('cut')); });

  const next = await later(context);
  await context.unrouteAll();
  await visit(next, here.shop, 'nora');
  await expect((await panel(next, 'basket')).getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(Number(await stored(next, 'seq:anon'))).toBeGreaterThan(Number(old['seq:anon']));
  const id = await saved(next, 'basket', false);
  await gapless(next, last, id);
  const { controls } = await service<{ controls: Record<string, { choice: string }> }>(next, 'choices');
  expect(controls['recommendations/basket']?.choice).toBe('denied');
});

test('two tabs after an emptied storage: one subject, and no number is given twice', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await saved(page, 'basket', true);
  await kept(page);
  const one = await later(context);
  const two = await context.newPage();
  await Promise.all([one, two].map((tab) => visit(tab, here.shop, 'nora')));
  const rows = await Promise.all([one, two].map((tab) => panel(tab, 'basket')));
  for (const row of rows) await expect(row.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(await subject(one)).toBe(await subject(two));
  const first = await saved(one, 'basket', false);
  await expect(rows[1]!.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  const second = await saved(two, 'basket', true);
  await gapless(one, first, second);
});

test('what the shop kept comes late: what was chosen in another tab meanwhile is newer', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await expect.poll(() => kept(page)).toEqual({ refused: expect.stringContaining('recommendations/basket'), 'ask-after': until });
  const one = await later(context);
  // However long the shop takes.
  await one.addInitScript(() => {
    const wait = window.setTimeout;
    window.setTimeout = ((run: () => void, ms?: number, ...rest: unknown[]) => wait(run, ms === 2_000 ? 60_000 : ms, ...rest)) as typeof setTimeout;
  });
  let arrives = (): void => {};
  const held = new Promise<void>((go) => (arrives = go));
  await one.route((url) => isKept(String(url)), (route) => held.then(() => route.continue()));
  const asked = one.waitForRequest((request) => isKept(request.url()));
  await visit(one, here.shop, 'nora');
  await asked;
  const two = await context.newPage();
  await visit(two, here.shop, 'nora');
  await expect.poll(() => stored(two, 'refused')).toContain('recommendations/basket');
  await saved(two, 'basket', true);
  expect((await stored(two, 'refused')) ?? '').not.toContain('recommendations/basket');
  const answered = one.waitForResponse((answer) => isKept(answer.url()));
  arrives();
  await answered;
  await one.waitForTimeout(500);
  expect((await stored(one, 'refused')) ?? '').not.toContain('recommendations/basket');
});

test('forget() where the file for the shop’s path cannot be had: the next page empties the cookie, and nothing comes back', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await saved(page, 'orders', true);
  await kept(page);
  await page.route('**/keeping-*.js', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await panel(page, 'orders');
  await forget(page);
  await page.unroute('**/keeping-*.js');
  await visit(page, here.shop, 'nora');
  await expect((await panel(page, 'orders')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await leavesNothing(page);
  expect(await subject(page)).toBeNull();
});

test('forget() and away before the card is there, and the next page has no file for the shop’s path: nothing comes back later', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await saved(page, 'orders', true);
  expect(await kept(page)).toHaveProperty('refused');
  // Nothing but the beginning of it is done here.
  await page.route('**/candor-*.wasm', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => void (window as any).candor.forget().catch(() => {}));
  await page.unroute('**/candor-*.wasm');
  await page.route('**/keeping-*.js', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await expect.poll(() => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(':owed:')))).toEqual([]);
  await page.unroute('**/keeping-*.js');
  await visit(page, here.shop, 'nora');
  await panel(page, 'orders');
  await leavesNothing(page);
  expect(await subject(page)).toBeNull();
});

test('who only looks gets no cookie, and the shop is asked for nothing', async ({ page, context }) => {
  const asked: string[] = [];
  page.on('request', (request) => void (isKept(request.url()) && asked.push(request.method())));
  for (const persona of ['nora', 'hanna']) {
    await visit(page, here.shop, persona);
    await panel(page, 'basket');
    await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
    await page.waitForTimeout(1_000);
  }
  expect(asked).toEqual([]);
  expect((await context.cookies()).filter(({ name }) => name.startsWith('candor'))).toEqual([]);
});

test('a year, for this path alone, and out of reach of scripts: the cookies are what they are said to be', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await saved(page, 'basket', true);
  await kept(page);
  const cookies = (await context.cookies()).filter(({ name }) => /^candor_(device|kept)$/.test(name));
  expect(cookies.map(({ name, path, httpOnly, sameSite }) => ({ name, path, httpOnly, sameSite })).sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'candor_device', path: '/candor', httpOnly: true, sameSite: 'Lax' },
    { name: 'candor_kept', path: '/', httpOnly: false, sameSite: 'Lax' },
  ]);
  for (const { expires } of cookies) expect(Math.round((expires - Date.now() / 1_000) / 86_400)).toBe(365);
  expect(await page.evaluate(() => document.cookie)).toContain('candor_kept=1');
  expect(await page.evaluate(() => document.cookie)).not.toContain('candor_device');
});

test('forget() leaves neither storage nor cookie, and whoever is next starts anew', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await saved(page, 'orders', true);
  await kept(page);
  const who = await subject(page);
  await forget(page);
  await leavesNothing(page);
  await visit(page, here.shop, 'nora');
  await expect((await panel(page, 'orders')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  expect(await subject(page)).toBeNull();
  await saved(page, 'orders', true);
  expect(await subject(page)).not.toBe(who);
});

test('forget() while the shop does not answer: nothing comes back, and the cookie goes when it does', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await saved(page, 'basket', true);
  await kept(page);
  await page.evaluate(() => {
    const real = window.fetch;
    window.fetch = (...args) => (String(args[0]).endsWith('/candor/kept') ? Promise.reject(new TypeError('cut')) : real(...args));
  });
  await forget(page);
  await page.waitForTimeout(1_000);
  expect((await context.cookies()).map(({ name }) => name)).toContain('candor_device');
  const seen: string[] = [];
  page.on('request', (request) => void (isKept(request.url()) && seen.push(request.method())));
  await visit(page, here.shop, 'nora');
  await expect((await panel(page, 'basket')).getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await leavesNothing(page);
  expect(seen).toEqual(['DELETE']);
});

test('somebody signs in: the anonymous subject leaves the cookie, and what was refused stays in it', async ({ page }) => {
  // What passes a signal on also brings the refusal to the subject, and notes it as asked.
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask').getByRole('button', { name: 'No, keep these' }).click();
  await saved(page, 'orders', true);
  expect(Object.keys(await kept(page))).toContain('session');
  await visit(page, here.shop, 'hanna');
  await panel(page, 'basket');
  await expect.poll(() => stored(page, 'session')).toBeNull();
  await expect.poll(() => kept(page)).toEqual({ refused: expect.stringContaining('recommendations/basket'), 'ask-after': until });
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const device = `dev_${'0'.repeat(32)}`;
const session = JSON.stringify({ subject: 'sub_stranger', capability: 'cap_1~sub_stranger~x~y', expires_at: '2036-01-01T00:00:00Z' });
const grant = { id: '01936f2a-0000-7000-8000-000000000001', device, seq: 1, changes: [{ control: 'recommendations/basket', choice: 'granted' }] };

/** By name: what the shop's path says when it is asked what it kept. */
const ANSWERS: Record<string, (route: Route) => Promise<void> | void> = {
  '500': (route) => route.fulfill({ status: 500, body: 'oops' }),
  '404, there is no such path': (route) => route.fulfill({ status: 404, contentType: 'text/html', body: '<h1>Lost</h1>' }),
  'no answer ever': () => {},
  'the connection fails': (route) => route.abort(),
  'sent on to a login page': (route) => route.fulfill({ status: 302, headers: { location: '/shop' } }),
  'a page': (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><p>Welcome' }),
  'nothing': (route) => route.fulfill({ body: '' }),
  'a megabyte': (route) => route.fulfill({ body: 'A'.repeat(1 << 20) }),
  'JSON of something else': (route) => route.fulfill({ body: encode({ refused: 'recommendations/basket' }) }),
  'what another site kept': (route) => route.fulfill({ body: encode(['pk_other', ['refused', 'recommendations/basket']]) }),
  'markup for a control': (route) => route.fulfill({ body: encode(['pk_demo', ['refused', '<img src=x onerror=alert(1)>']]) }),
  'a yes, and what may be used': (route) =>
    route.fulfill({ body: encode(['pk_demo', ['state', JSON.stringify({ at: Date.now(), signal: true, allowed: ['recommendations/basket'] })], [`out:anon:${grant.id}`, JSON.stringify({ decision: grant })]]) }),
  'entries of no shape': (route) => route.fulfill({ body: encode(['pk_demo', null, 7, [], ['device'], ['device', 7], ['seq:anon', '-1'], ['__proto__', 'x'], [['device'], device]]) }),
  'a subject without a device': (route) => route.fulfill({ body: encode(['pk_demo', ['session', session]]) }),
  'a subject that is nobody’s': (route) => route.fulfill({ body: encode(['pk_demo', ['device', device], ['session', session], ['seq:anon', '7'], [`out:anon:${grant.id}`, JSON.stringify({ decision: grant })]]) }),
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  test(`the shop’s path answers with ${name}: the page works as without it`, async ({ page, context }) => {
    await context.addCookies([{ name: 'candor_kept', value: '1', url: here.shop }]);
    let mended = false;
    await page.route((url) => url.pathname === '/candor/kept', (route) => (route.request().method() === 'GET' && !mended ? answer(route) : route.fallback()));
    const broken: string[] = [];
    page.on('pageerror', (error) => void broken.push(String(error)));
    await visit(page, here.shop, 'nora');
    await expect(page.locator('candor-ask').getByRole('button', { name: 'No, keep these' })).toBeVisible();
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
    expect(await allowed(page, 'basket')).toBe(false);
    const id = await saved(page, 'basket', true);
    await gapless(page, id);
    expect(await subject(page)).toMatch(/^sub_/);
    expect(await subject(page)).not.toBe('sub_stranger');
    expect(broken).toEqual([]);
    // And what it is given from then on is kept; where nobody could read what is there, once somebody can.
    if (/^(500|no answer|the conn|sent on)/.test(name)) {
      await page.waitForTimeout(3_500);
      expect((await context.cookies()).map(({ name }) => name)).not.toContain('candor_device');
      mended = true;
      await page.evaluate(() => dispatchEvent(new Event('online')));
    }
    expect(Object.keys(await kept(page))).toContain('session');
  });
}

test('the shop’s path keeps nothing: said once, the choices are saved all the same, and it is given them when it does', async ({ page }) => {
  // A signal of the browser's is worth fetching the rest for, until it has arrived.
  await quietly(page);
  await page.route((url) => url.pathname === '/candor/kept', (route) => route.fulfill({ status: 503 }));
  await visit(page, here.shop, 'nora');
  const id = await saved(page, 'basket', true);
  await gapless(page, id);
  await expect.poll(() => page.evaluate(() => new Promise((told) => (window as any).candor.on('diagnostic', told)))).toMatchObject({ code: 'first-party' });
  expect(await stored(page, 'differs')).toBe('1');
  // Nothing waits for the service: no page fetches the rest for that.
  const rest: string[] = [];
  page.on('request', (request) => request.url().endsWith('.wasm') && rest.push(request.url()));
  await visit(page, here.shop, 'nora', '/basket');
  await page.waitForTimeout(2_000);
  expect(rest).toEqual([]);
  await page.unrouteAll();
  await visit(page, here.shop, 'nora');
  await panel(page, 'basket');
  expect(Object.keys(await kept(page))).toContain('session');
});
