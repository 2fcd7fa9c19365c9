// One page, cached for everybody: the second customer sees nothing of the first.
import { expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { anonymous } from '../house/person';
import { card, chip, items, loaded, openCard, openLayer, openSources, row, visit } from '../house/shop';

const here = demo();

test('two customers and one cached page: the second sees nothing of the first', async ({ browser }) => {
  const hanna = await (await browser.newContext()).newPage();
  await visit(hanna, here.shop, 'hanna');
  const cached = await (await hanna.request.get(`${here.shop}/shop`)).text();
  const cards = await openCard(hanna);
  await openLayer(cards, 'sources');
  const evidence = await row(hanna, 'orders').locator('li.datum .what').allInnerTexts();
  expect(evidence.length).toBeGreaterThan(0);

  // Tomek's browser is handed the very bytes that were made for Hanna.
  const tomek = await (await browser.newContext()).newPage();
  await tomek.goto(`${here.shop}/shop?persona=tomek`);
  await tomek.route(`${here.shop}/shop`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: cached }));
  await tomek.goto(`${here.shop}/shop`);
  await loaded(tomek);
  expect(await items(tomek)).toEqual(await items(hanna));
  await tomek.locator('#picks h2 candor-why').getByRole('button').first().click();
  await expect(card(tomek)).toHaveAttribute('data-candor-state', 'general');
  const shown = await card(tomek).innerText();
  for (const line of evidence) expect(shown).not.toContain(line);
  expect(shown).not.toMatch(/Because you bought/);
  await expect(card(tomek).getByRole('switch')).toHaveCount(0);
});

test('somebody who only has the link sees only what is the same for everyone', async ({ browser }) => {
  const hanna = await (await browser.newContext()).newPage();
  await visit(hanna, here.shop, 'hanna');
  await expect(chip(hanna)).toHaveText(/From your/);
  const id = await hanna.locator('#picks').getAttribute('data-recommendation');
  const stranger = await (await browser.newContext()).newPage();
  // Somebody whom the shop does not know.
  await stranger.goto(`${here.shop}/shop?persona=nora`);
  for (const address of [`${here.inside}/why/${id}?lang=en`, `${here.shop}/candor/why/${id}?lang=en`]) {
    const answer = await stranger.goto(address);
    expect(answer?.status()).toBe(200);
    expect(answer?.headers()['cache-control']).toContain('no-store');
    expect(answer?.headers()['referrer-policy']).toBe('no-referrer');
    await expect(stranger.locator('body')).not.toContainText('you bought');
  }
  const raw = await stranger.request.post(`${here.service}/v1/recommendations/${id}`, {
    headers: { 'content-type': 'text/plain', origin: here.shop },
    data: JSON.stringify({ site: 'pk_demo' }),
  });
  const body = await raw.text();
  for (const item of await items(hanna)) expect(body).not.toContain(`"${item}"`);
  expect(body).not.toContain('factors');
});

type Api = { identify(ask: (() => string | null) | null): void; subject(): string | null };
const api = (page: import('@playwright/test').Page, leave: 'leave' | 'ask') =>
  page.evaluate((what) => {
    const { candor } = window as unknown as { candor: Api };
    if (what === 'leave') candor.identify(null);
    return candor.subject();
  }, leave);

test('somebody signs out while it is being asked who they are: whoever comes next is not them', async ({ page }) => {
  let asked = 0;
  await page.route(`${here.service}/v1/session`, async (route) => {
    asked++;
    await new Promise((go) => setTimeout(go, 1_200));
    await route.continue().catch(() => {});
  });
  await visit(page, here.shop, 'hanna');
  await chip(page).click();
  await expect.poll(() => asked).toBe(1);
  await api(page, 'leave');
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general', { timeout: 15_000 });
  await page.waitForTimeout(1_500);
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  await expect(card(page)).not.toContainText(/Because you bought/);
  expect(await api(page, 'ask')).toBeNull();
});

test('somebody signs out with the card open: what it said of them goes', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  await expect(row(page, 'orders').locator('li.datum').first()).toBeVisible();
  expect(await api(page, 'ask')).toMatch(/^sub_/);
  await api(page, 'leave');
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  await expect(card(page)).not.toContainText(/Because you bought/);
  await expect(card(page).locator('li.datum')).toHaveCount(0);
  expect(await api(page, 'ask')).toBeNull();
  // Nor is it drawn again for whoever opens the same chip.
  await page.keyboard.press('Escape');
  await page.route(`${here.service}/v1/**`, (route) => route.abort());
  await chip(page).click();
  await expect(card(page)).toHaveAttribute('data-candor-state', /unreachable|general/);
  await expect(card(page)).not.toContainText(/Because you bought/);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => /:(state|session)$/.test(key)))).toEqual([]);
});

test('somebody presses and signs out elsewhere before the card can be drawn: whoever is here then is shown nothing of theirs', async ({ page, context }) => {
  // What a press asks for ahead is given up after five seconds: here it stays, however long the rest takes.
  await page.addInitScript(() => {
    const later = window.setTimeout;
    window.setTimeout = ((run: () => void, ms?: number, ...rest: unknown[]) => (ms === 5_000 ? 0 : later(run, ms, ...rest))) as typeof setTimeout;
  });
  let arrives = (): void => {};
  const held = new Promise<void>((go) => (arrives = go));
  await page.route('**/candor-*.wasm', (route) => held.then(() => route.continue()));
  await visit(page, here.shop, 'hanna');
  const ahead = ['**/v1/choices', '**/v1/recommendations/*'].map((path) => page.waitForResponse(path));
  await chip(page).click();
  for (const answer of await Promise.all(ahead)) expect(answer.status()).toBe(200);
  // Nobody is signed in any more, and whoever it is grants something in another tab.
  const other = await context.newPage();
  await visit(other, here.shop, 'nora');
  await other.locator('candor-ask .equals button').first().click();
  await expect(other.locator('candor-ask .done')).toContainText('Saved');
  arrives();
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general', { timeout: 15_000 });
  await expect(card(page)).not.toContainText(/Because you bought/);
  expect(await api(page, 'ask')).toBe(await api(other, 'ask'));
  const orders = () => page.evaluate(() => (window as any).candor.allowed('recommendations', 'orders'));
  expect(await orders()).toBe(false);
});

test('the shop says late that nobody is signed in, while what a press asked for is on its way: the card is drawn all the same', async ({ page }) => {
  await anonymous(page, here.shop);
  let [arrives, answers] = [(): void => {}, (): void => {}];
  const held = new Promise<void>((go) => (arrives = go));
  const slow = new Promise<void>((go) => (answers = go));
  await page.route('**/candor-*.wasm', (route) => held.then(() => route.continue()));
  await page.route('**/v1/recommendations/*', (route) => slow.then(() => route.continue()));
  await visit(page, here.shop, 'nora');
  const ahead = page.waitForRequest('**/v1/recommendations/*');
  const answered = page.waitForResponse('**/v1/recommendations/*');
  await chip(page).click();
  await ahead;
  await api(page, 'leave');
  answers();
  await answered;
  arrives();
  await expect(card(page)).toHaveAttribute('data-candor-state', /general|ready/, { timeout: 15_000 });
});

test('somebody presses and signs out while the file for that is on its way: nothing is sent for whoever is there then', async ({ page }) => {
  let arrives = (): void => {};
  const held = new Promise<void>((go) => (arrives = go));
  await page.route('**/acts-*.js', (route) => held.then(() => route.continue()));
  await visit(page, here.shop, 'hanna');
  const wrong = (await openCard(page)).locator('details.wrong');
  await wrong.locator('summary').click();
  const asked = page.waitForRequest('**/acts-*.js');
  await wrong.getByRole('button').first().click();
  await asked;
  await api(page, 'leave');
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  const sent: string[] = [];
  page.on('request', (request) => void (request.url().endsWith('/v1/feedback') && sent.push(request.url())));
  const file = page.waitForResponse('**/acts-*.js');
  arrives();
  await file;
  await page.waitForTimeout(1_000);
  expect(sent).toEqual([]);
});

test('somebody refuses, then signs in: the refusal binds this device, and the anonymous subject is closed', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  const anonymous = await page.evaluate(() => localStorage.getItem('candor:pk_demo:session'));
  expect(anonymous).toContain('sub_');
  await page.locator('a[data-candor-open="choices"]').first().click();
  const panel = page.locator('candor-choices section.panel');
  const basket = panel.locator('li.row').filter({ has: page.getByRole('switch', { name: 'Your basket' }) });
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');

  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
  await expect(row(page, 'basket').getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await expect(row(page, 'basket')).toContainText('This device is set to Off; your account is On.');
  await expect(row(page, 'orders').getByRole('switch')).toHaveAttribute('aria-checked', 'true');
  expect(await page.evaluate(() => localStorage.getItem('candor:pk_demo:session'))).toBeNull();
  const answer = await page.request.post(`${here.service}/v1/choices`, {
    headers: { 'content-type': 'text/plain', origin: here.shop },
    data: JSON.stringify({ site: 'pk_demo', capability: JSON.parse(anonymous ?? '{}').capability }),
  });
  expect(answer.ok()).toBe(false);
});

test('somebody leaves one thing out, then signs in: it stays out on this device', async ({ page }) => {
  await visit(page, here.shop, 'nora', '/product/1001');
  await page.locator('form[action="/basket/add"] button').first().click();
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  await visit(page, here.shop, 'nora');
  await openCard(page);
  await openLayer(card(page), 'sources');
  const line = row(page, 'basket').locator('li.datum').first();
  await line.getByRole('button').first().click();
  await expect(row(page, 'basket')).toContainText('Saved');
  const out = () => page.evaluate(async () => (await (window as any).candor.choices()).controls['recommendations/basket']?.left_out);
  expect(await out()).toEqual(['1001']);
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  await expect.poll(out).toEqual(['1001']);
  // It binds this device; her account is as it was.
  const elsewhere = await (await page.context().browser()!.newContext()).newPage();
  await visit(elsewhere, here.shop, 'hanna');
  await openCard(elsewhere);
  expect(await elsewhere.evaluate(async () => (await (window as any).candor.choices()).controls['recommendations/basket']?.left_out ?? [])).toEqual([]);
  await elsewhere.context().close();
});

test('somebody refused more than one decision holds, then signs in: all of it binds this device', async ({ page }) => {
  await visit(page, here.shop, 'nora');
  const data = Array.from({ length: 40 }, (_, at) => `recommendations/orders>${'x'.repeat(90)}${at}`);
  await page.evaluate((words) => localStorage.setItem('candor:pk_demo:refused', words), ['recommendations/basket', ...data].join(' '));
  const outcomes: string[] = [];
  page.on('response', async (answer) => {
    if (answer.url().endsWith('/v1/decisions')) for (const { status } of (await answer.json()).outcomes) outcomes.push(status);
  });
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  const out = () => page.evaluate(async () => (await (window as any).candor.choices()).controls['recommendations/orders']?.left_out?.length);
  await expect.poll(out).toBe(40);
  const waiting = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(':out:')).length);
  await expect.poll(waiting).toBe(0);
  // The page has read the last answer by then, and we may not have.
  await expect.poll(() => outcomes.length).toBeGreaterThan(5);
  expect(new Set(outcomes)).toEqual(new Set(['recorded']));
});

test('somebody signs in while another tab stands open as before: what is refused there holds, and is not said to a closed subject', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  const { subject } = await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session') ?? '{}'));
  const stale = await context.newPage();
  await visit(stale, here.shop, 'nora');
  await stale.locator('a[data-candor-open="choices"]').first().click();
  const basket = stale.locator('candor-choices li.row').filter({ has: stale.getByRole('switch', { name: 'Your basket' }) }).getByRole('switch');
  await expect(basket).toHaveAttribute('aria-checked', 'true');

  await openSources(page, here.shop);
  const hers = row(page, 'basket').getByRole('switch');
  await expect(hers).toBeVisible();
  if ((await hers.getAttribute('aria-checked')) === 'false') await hers.click();
  await expect(hers).toHaveAttribute('aria-checked', 'true');
  // The other tab asks anew who is there, and is told.
  await expect.poll(() => stale.evaluate(() => (window as any).candor.subject())).not.toBe(subject);
  await expect(basket).toHaveAttribute('aria-checked', 'true');
  await basket.click();
  await expect(row(page, 'basket').getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  // As she left it for the tests that follow.
  await basket.click();
  await expect(row(page, 'basket').getByRole('switch')).toHaveAttribute('aria-checked', 'true');
});

test('two tabs sign in while what stands cannot be read: neither sends the other to look again and again', async ({ page, context }) => {
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').first().click();
  await expect(page.locator('candor-ask .done')).toContainText('Saved');
  let sessions = 0;
  context.on('request', (request) => void (request.url().endsWith('/v1/session') && sessions++));
  // The anonymous subject cannot be closed then.
  await context.route('**/v1/choices', (route) => route.abort());
  const other = await context.newPage();
  await visit(other, here.shop, 'hanna');
  await visit(page, here.shop, 'hanna');
  for (const tab of [page, other]) await tab.locator('a[data-candor-open="choices"]').first().click();
  await page.waitForTimeout(2_500);
  expect(sessions).toBeLessThanOrEqual(4);
  expect(await page.evaluate(() => localStorage.getItem('candor:pk_demo:session'))).toContain('sub_');
});
