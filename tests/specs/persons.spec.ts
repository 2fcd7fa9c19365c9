// Who is at the page changes, or cannot be said: nobody acts as somebody else, and no "no" is lost on the way.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, kept, quietly, served } from '../house/person';
import { card, chip, openCard, openLayer, row, visit } from '../house/shop';

const here = demo();

const subject = (page: Page): Promise<string | null> => page.evaluate(() => (window as any).candor.subject());
/** For as long as the page stands. In the page itself, for a request that outlives its page passes every route a test lays. */
const off = (page: Page) =>
  page.evaluate(() => {
    const real = window.fetch;
    window.fetch = (...args) => (String(args[0]).endsWith('/v1/decisions') ? Promise.reject(new TypeError('cut')) : real(...args));
  });
/** What somebody hears who only begins to listen now. */
const late = (page: Page): Promise<unknown[]> =>
  page.evaluate(() => new Promise((go) => {
    const heard: unknown[] = [];
    for (const name of ['choice', 'saved']) (window as any).candor.on(name, (detail: unknown) => heard.push(detail));
    setTimeout(() => go(heard), 100);
  }));
const switchOf = (page: Page, name: string) => page.locator('candor-choices').getByRole('switch', { name }).first();

test('an anonymous person is being signed in and signs out meanwhile: nobody is at the page then', async ({ page }) => {
  await anonymous(page, here.shop);
  const asked: string[] = [];
  page.on('request', (request) => request.url().endsWith('/v1/session') && asked.push(request.postData() ?? ''));
  await page.route('**/v1/choices', async (route) => {
    await new Promise((go) => setTimeout(go, 1_500));
    await route.continue().catch(() => {});
  });
  await visit(page, here.shop, 'hanna');
  const looked = page.waitForRequest('**/v1/choices');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const mine = await subject(page);
  await looked;
  await page.evaluate(() => (window as any).candor.identify(null));
  await page.waitForTimeout(4_000);
  expect(asked.filter((body) => body.includes('"token"'))).toEqual([]);
  expect(mine).toBeNull();
  expect(await subject(page)).toBe(await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}').subject));
});

test('it cannot be said who is there and a no is kept on the device: it reaches the anonymous subject once that is known', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.route(`${here.shop}/token`, (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => {
    // As a shop that asks its own server who is there.
    (window as any).candor.identify(async () => (await fetch('/token')).text());
    const ask = document.createElement('candor-ask');
    ask.setAttribute('source', 'basket');
    document.querySelector('#picks')!.before(ask);
  });
  await page.locator('candor-ask .equals button').last().click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused'))).toContain('recommendations/basket');
  expect((await served(page, here.service, session)).basket).toBe('granted');
  await page.unroute(`${here.shop}/token`);
  await visit(page, here.shop, 'nora');
  await choices(page);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
  await expect.poll(async () => (await served(page, here.service, session)).basket).toBe('denied');
  expect(await allowed(page)).toBe(false);
});

test('an anonymous no is not sent yet, and at sign-in a request fails: it holds again after sign-out', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await off(page);
  await switchOf(page, 'Your basket').click();
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:anon:')).length).toBe(1);
  await page.route('**/v1/choices', (route) => route.abort());
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(() => subject(page)).toMatch(/^sub_/);
  await page.unroute('**/v1/choices');
  await visit(page, here.shop, 'nora');
  await choices(page);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'false');
  await expect.poll(async () => (await served(page, here.service, session)).basket).toBe('denied');
  expect(await allowed(page)).toBe(false);
});

test('refused before signing in, granted since, and refused anew: the new refusal is carried, too', async ({ page }) => {
  await quietly(page);
  const refuse = async () => {
    await visit(page, here.shop, 'nora');
    await page.locator('candor-ask .equals button').last().click();
    await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused') ?? '')).toContain('recommendations/basket');
    // As long as a no ends the asking.
    await page.evaluate(() => localStorage.setItem('candor:pk_demo:ask-after', '1'));
  };
  for (const grants of [true, false]) {
    await refuse();
    await visit(page, here.shop, 'hanna');
    const basket = await choices(page);
    await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
    if (!grants) continue;
    await basket.getByRole('switch').click();
    await expect(basket.locator('.done')).toContainText('Saved');
    await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  }
});

test('a no that waits reaches the next page before anything is fetched', async ({ page }) => {
  await anonymous(page, here.shop);
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(null));
  expect(await allowed(page)).toBe(true);
  await choices(page);
  await off(page);
  await switchOf(page, 'Your basket').click();
  await expect.poll(() => allowed(page)).toBe(false);
  await page.route('**/candor-*.wasm', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(null));
  expect(await allowed(page)).toBe(false);
  expect(await page.evaluate(async () => (await (window as any).candor.choices()).controls['recommendations/basket'].choice)).toBe('denied');
});

test('what was found before a signal came, or by a clock that was ahead, says nothing', async ({ page }) => {
  await anonymous(page, here.shop);
  await page.route('**/candor-*.wasm', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(null));
  expect(await allowed(page)).toBe(true);
  await page.evaluate(() => Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => true, configurable: true }));
  expect(await allowed(page)).toBe(false);
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => undefined, configurable: true });
    const key = 'candor:pk_demo:state';
    const state = JSON.parse(localStorage.getItem(key)!);
    localStorage.setItem(key, JSON.stringify({ ...state, at: state.at + 3_600_000 }));
  });
  expect(await allowed(page)).toBe(false);
});

test('the person changes: the page hears that the choices are gone, and who listens later hears nobody else’s', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await page.evaluate(() => {
    (window as any).heard = [];
    document.addEventListener('candor:choice', (event) => (window as any).heard.push((event as CustomEvent).detail));
  });
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(switchOf(page, 'Your orders')).toHaveAttribute('aria-checked', 'true');
  await page.evaluate(() => (window as any).candor.identify(null));
  await expect.poll(() => page.evaluate(() => (window as any).heard.filter((one: any) => one.control === 'recommendations/orders').map((one: any) => one.choice))).toEqual(['granted', 'unset']);
  expect(await late(page)).toEqual([]);
});

test('one purchase was left out, then the person changes: who listens later hears of neither', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  const datum = row(page, 'orders').locator('li.datum').first();
  await datum.getByRole('button').first().click();
  await expect(datum).toContainText('Saved');
  await page.evaluate(() => (window as any).candor.identify(null));
  await expect.poll(() => subject(page)).toBeNull();
  await page.waitForTimeout(300);
  expect(await late(page)).toEqual([]);
  // As she left it for the tests that follow.
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  await datum.getByRole('button').first().click();
  await expect(datum).toContainText('Saved');
});

test('everything is forgotten: who listens later hears nothing of before', async ({ page }) => {
  await anonymous(page, here.shop);
  await page.evaluate(() => (window as any).candor.forget());
  expect(await late(page)).toEqual([]);
});

test('what one person left is no reason to tell the service who is there now; it is sent when she is back', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(switchOf(page, 'Your basket')).toBeVisible();
  await off(page);
  const mine = await subject(page);
  const before = await switchOf(page, 'Your returns').getAttribute('aria-checked');
  await switchOf(page, 'Your returns').click();
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith(`out:${mine}:`)).length).toBe(1);
  await expect.poll(async () => (await kept(page)).includes(`whose:${mine}`)).toBe(true);
  const personal: string[] = [];
  page.on('request', (request) => /\/v1\/(session|decisions|choices)$/.test(request.url()) && personal.push(request.url()));
  await visit(page, here.shop, 'tomek');
  await page.waitForTimeout(3_000);
  expect(personal).toEqual([]);
  await visit(page, here.shop, 'hanna');
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:')).length).toBe(0);
  expect(personal.some((url) => url.endsWith('/v1/decisions'))).toBe(true);
  // As she left it for the tests that follow.
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(switchOf(page, 'Your returns')).not.toHaveAttribute('aria-checked', before!);
  await switchOf(page, 'Your returns').click();
  await expect(page.locator('candor-choices')).toContainText('Saved');
});

test('she signs out while a no waits: it is sent then, by whoever decided it', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(switchOf(page, 'Your orders')).toHaveAttribute('aria-checked', 'true');
  let cut = true;
  const saved: string[] = [];
  await page.route('**/v1/decisions', async (route) => {
    if (cut) return route.abort();
    saved.push(route.request().postData() ?? '');
    await route.continue();
  });
  await switchOf(page, 'Your orders').click();
  await expect(page.locator('candor-choices')).toContainText('Not sent yet');
  cut = false;
  const sent = page.waitForRequest('**/v1/decisions');
  await page.evaluate(() => (window as any).candor.identify(null));
  await sent;
  expect(saved.join()).toContain('recommendations/orders');
  // As she left it for the tests that follow.
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect(switchOf(page, 'Your orders')).toHaveAttribute('aria-checked', 'false');
  await switchOf(page, 'Your orders').click();
  await expect(page.locator('candor-choices')).toContainText('Saved');
});

test('the shop’s consent tool says no and a request fails: the next page passes it on', async ({ page, context }) => {
  const session = await anonymous(page, here.shop);
  await context.addInitScript(() => {
    (window as any).Cookiebot = { hasResponse: true, consent: { preferences: false, marketing: false, statistics: false } };
  });
  await page.route('**/v1/choices', (route) => route.fulfill({ status: 503, headers: { 'access-control-allow-origin': '*' }, contentType: 'application/problem+json', body: '{}' }));
  const failed = page.waitForResponse('**/v1/choices');
  await visit(page, here.shop, 'nora');
  await failed;
  await page.waitForTimeout(300);
  await page.unroute('**/v1/choices');
  await visit(page, here.shop, 'nora');
  await expect.poll(async () => (await served(page, here.service, session)).basket, { timeout: 15_000 }).toBe('denied');
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:no'))).toBe('anon');
});

test('a clock that is far ahead ends nobody: the service says whether the time has passed, and a new capability is had', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await page.clock.install({ time: new Date(Date.now() + 500 * 86_400_000) });
  await visit(page, here.shop, 'nora');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await page.clock.runFor(1_000);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  expect(await subject(page)).toBe(session.subject);
  await switchOf(page, 'Your basket').click();
  await expect.poll(async () => (await served(page, here.service, session)).basket).toBe('denied');
});

test('the service was last heard days ago: a press does not make an old yes new', async ({ page }) => {
  await anonymous(page, here.shop);
  const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your orders' }) }).first();
  await orders.getByRole('switch').click();
  await expect(orders.locator('.done')).toContainText('Saved');
  await page.clock.install({ time: new Date(Date.now() + 3 * 86_400_000) });
  await off(page);
  await switchOf(page, 'Your orders').click();
  const state = () => page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:state')!));
  await expect.poll(async () => (await state()).allowed).toEqual(['recommendations/basket']);
  await page.route('**/candor-*.wasm', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(null));
  expect(await allowed(page)).toBe(false);
});

test('the shop’s address is none of the site’s for a while: an anonymous person stays who they are', async ({ page }) => {
  // Nor does the shop's own server bring them back.
  await page.route((url) => url.pathname === '/candor/kept', (route) => route.fulfill({ status: 503 }));
  const session = await anonymous(page, here.shop);
  await page.evaluate(() => {
    const key = 'candor:pk_demo:session';
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)!), renew_at: '2020-01-01T00:00:00Z' }));
  });
  const body = JSON.stringify({ type: 'urn:candor:problem:origin-not-allowed', title: 'This origin is not one of the site’s.', status: 403 });
  await page.route('**/v1/**', (route) => route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' }, contentType: 'application/problem+json', body }));
  await visit(page, here.shop, 'nora');
  const renewed = page.waitForResponse('**/v1/session');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await renewed;
  await page.waitForTimeout(1_000);
  expect(await kept(page)).toContain('session');
  await page.unroute('**/v1/**');
  await visit(page, here.shop, 'nora');
  await choices(page);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  expect(await subject(page)).toBe(session.subject);
});

test('a grant waits in one tab, another tab makes the anonymous subject, and somebody signs in at the first: it speaks for nobody but them', async ({ page, context }) => {
  // With locks the other tab would wait for its turn.
  await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const basket = await choices(page);
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await page.route('**/v1/session', (route) => (route.request().postData()!.includes('"token"') ? route.continue() : undefined));
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  await choices(other);
  // What either decides stays where it is.
  await context.route('**/v1/decisions', () => {});
  const waits = page.waitForRequest('**/v1/session');
  await basket.getByRole('switch').click();
  await waits;
  await switchOf(other, 'Your returns').click();
  await expect.poll(() => kept(other)).toContain('session');
  const anon = await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session')!).subject);
  await signIn(page, 'hanna');
  await expect.poll(() => subject(page)).toMatch(/^sub_/);
  expect(await subject(page)).not.toBe(anon);
  await expect(switchOf(page, 'Your orders')).toHaveAttribute('aria-checked', 'true');
});

test('the shop says that nobody is signed in any more: what was heard for who was is not shown to who is there now', async ({ page, browser }) => {
  await page.addInitScript(() => {
    const real = window.fetch;
    (window as any).pieces = 0;
    window.fetch = async (...args) => {
      const answer = await real(...args);
      if (!String(args[0]).endsWith('/v1/live')) return answer;
      const count = new TransformStream({ transform: (piece, on) => ((window as any).pieces++, on.enqueue(piece)) });
      return new Response(answer.body!.pipeThrough(count), answer);
    };
  });
  const live = page.waitForResponse('**/v1/live');
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const orders = switchOf(page, 'Your orders');
  await expect(orders).toHaveAttribute('aria-checked', 'true');
  await live;
  await signedOutElsewhere(page);
  await page.evaluate(() => (window as any).candor.choices());
  await expect(orders).toHaveAttribute('aria-checked', 'false');
  expect(await subject(page)).toBeNull();
  const heard = () => page.evaluate(() => (window as any).pieces);
  const before = await heard();
  const phone = await (await browser.newContext()).newPage();
  await visit(phone, here.shop, 'hanna');
  await phone.locator('a[data-candor-open="choices"]').first().click();
  const press = async () => {
    await switchOf(phone, 'Your returns').click();
    await expect(phone.locator('candor-choices')).toContainText('Saved');
  };
  await press();
  await expect.poll(heard).toBeGreaterThan(before);
  // As she left it for the tests that follow.
  await press();
  await expect(orders).toHaveAttribute('aria-checked', 'false');
  expect(await allowed(page, 'orders')).toBe(false);
});

test('the shop says that nobody is signed in any more, and a card is opened again: it shows what it shows to everyone', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await page.keyboard.press('Escape');
  await expect(card(page)).toHaveCount(0);
  await signedOutElsewhere(page);
  await chip(page).click();
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  expect(await subject(page)).toBeNull();
});

test('storage is emptied while the first grant asks for somebody to grant as: the device’s old name does not come back with the answer', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const basket = await choices(page);
  let answer = (): void => {};
  const held = new Promise<void>((go) => (answer = go));
  const asked: string[] = [];
  await page.route('**/v1/session', async (route) => {
    asked.push(route.request().postDataJSON().device);
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  await basket.getByRole('switch').click();
  await expect.poll(() => asked.length).toBe(1);
  const name = () => page.evaluate(() => localStorage.getItem('candor:pk_demo:device'));
  expect(await name()).toBe(asked[0]);
  await page.evaluate(() => localStorage.clear());
  answer();
  await expect.poll(name).toBeTruthy();
  expect(await name()).not.toBe(asked[0]);
  // The grant was the old one's: it is not taken, and that is said.
  await expect(basket.locator('.done')).toContainText('Not taken');
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  // What is decided from then on is the new one's.
  const sent = page.waitForRequest((request) => request.url().endsWith('/v1/decisions') && request.postData()!.includes('recommendations/returns'));
  await switchOf(page, 'Your returns').click();
  expect((await sent).postDataJSON().decisions.map(({ device }: { device: string }) => device)).toEqual([await name()]);
  await expect(page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your returns' }) }).locator('.done')).toContainText('Saved');
});

test('the answer to a sign-in is lost: the next one leaves nothing of the anonymous subject that it closed', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  expect((await kept(page)).filter(ofNobody)).toContain('session');
  await page.route('**/v1/session', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(async () => (await served(page, here.service, session)).status).toBe(403);
  await page.unroute('**/v1/session');
  await visit(page, here.shop, 'hanna');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(() => subject(page)).toMatch(/^sub_/);
  expect((await kept(page)).filter(ofNobody)).toEqual([]);
});

test('somebody signs out in another tab with the card open: it is filled for whoever is there', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await signedOutElsewhere(page);
  await page.evaluate(() => (window as any).candor.choices());
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  await expect(card(page)).not.toContainText(/Because you bought/);
});

test('refused on this device before signing in, refused for the account, and granted elsewhere while the card is open: here it stays off', async ({ page, browser }) => {
  const phone = await (await browser.newContext()).newPage();
  await visit(phone, here.shop, 'hanna');
  await phone.locator('a[data-candor-open="choices"]').first().click();
  const elsewhere = switchOf(phone, 'Your returns');
  const row = phone.locator('candor-choices li.row').filter({ has: phone.getByRole('switch', { name: 'Your returns' }) });
  const press = async (ends: boolean) => {
    await elsewhere.click();
    await expect(elsewhere).toHaveAttribute('aria-checked', String(ends));
    await expect(row.locator('.done')).toContainText('Saved');
  };
  await press(false);
  await visit(page, here.shop, 'hanna');
  await page.evaluate(() => localStorage.setItem('candor:pk_demo:refused', 'recommendations/returns'));
  const live = page.waitForResponse('**/v1/live');
  await page.locator('a[data-candor-open="choices"]').first().click();
  await live;
  await expect(switchOf(page, 'Your returns')).toHaveAttribute('aria-checked', 'false');
  const sent = page.waitForRequest('**/v1/decisions');
  await press(true);
  const { decisions } = (await sent).postDataJSON();
  expect(decisions).toMatchObject([{ binds: 'device', changes: [{ control: 'recommendations/returns', choice: 'denied' }] }]);
  await expect(switchOf(page, 'Your returns')).toHaveAttribute('aria-checked', 'false');
  expect(await allowed(page, 'returns')).toBe(false);
  await expect(elsewhere).toHaveAttribute('aria-checked', 'true');
});

/** The shop's own script tells that somebody signed in, on the page that stands. */
async function signIn(page: Page, persona: string): Promise<void> {
  await page.request.get(`${here.shop}/shop?persona=${persona}`);
  await page.evaluate(() => (window as any).candor.identify(async () => (await fetch('/token', { cache: 'no-store' })).text()));
}

/** In another tab of the shop; days later this page has to ask again who is there. */
async function signedOutElsewhere(page: Page): Promise<void> {
  await page.request.get(`${here.shop}/shop?persona=nora`);
  await page.clock.setFixedTime(Date.now() + 3 * 86_400_000);
}

/** A key of the anonymous subject's. */
const ofNobody = (key: string): boolean => /^session$|:anon\b/.test(key);
