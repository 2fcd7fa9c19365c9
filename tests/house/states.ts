// Every state a customer or the privacy team can meet so far, and how to get there.
// None of them leaves a choice behind at the service: decisions are answered by nobody.
import { type Page, expect } from '@playwright/test';
import type { Demo } from './demo';
import { byMouse, card, chip, openCard, openLayer, row, see, toggle, visit } from './shop';

export interface State {
  name: string;
  show(page: Page, here: Demo): Promise<void>;
}

/** In the page itself: a request that outlives its page passes every route a test lays. */
const unanswered = (page: Page) =>
  page.addInitScript(() => {
    const real = window.fetch;
    window.fetch = (...args) => (String(args[0]).endsWith('/v1/decisions') ? Promise.reject(new TypeError('cut')) : real(...args));
  });

/** What the service says of each decision that a page sends; it hears of none itself. */
const answered = (page: Page, outcome: (choice: string) => object, against?: object) =>
  page.route('**/v1/decisions', async (route) => {
    const { decisions } = route.request().postDataJSON();
    const choices = await page.evaluate(() => (window as any).candor.choices());
    // One that only closes a gap in the numbers changes nothing.
    const { control, choice } = decisions.at(-1).changes?.[0] ?? {};
    Object.assign(choices, { epoch: decisions[0].base.epoch, rev: decisions[0].base.rev + 1 });
    if (control) choices.controls[control] = { choice: 'denied', rev: choices.rev };
    const outcomes = decisions.map(({ id, changes }: any) =>
      changes ? { decision: id, status: 'recorded', rev: choices.rev, results: ['applied'], ...outcome(changes[0].choice) } : { decision: id, status: 'recorded', rev: 0, results: [] },
    );
    await route.fulfill({
      contentType: 'application/json',
      headers: { 'access-control-allow-origin': '*' },
      body: JSON.stringify({ outcomes, choices, against: choice === 'granted' && against ? [{ control, ...against }] : [] }),
    });
  });

/** A document that is not shown any more, as the service says it. */
const gone = async (page: Page, here: Demo, state: string) => {
  await page.route(`${here.service}/v1/recommendations/*`, (route) => {
    const told = { state, id: route.request().url().split('/').pop(), made_at: '2026-11-20T10:00:00Z', expires_at: '2026-11-21T10:00:00Z', factors: ['orders'] };
    return route.fulfill({ contentType: 'application/json', headers: { 'access-control-allow-origin': '*' }, body: JSON.stringify(told) });
  });
  await visit(page, here.shop, 'hanna');
  await chip(page).click();
  await expect(card(page)).toHaveAttribute('data-candor-state', state);
};

const withSources = async (page: Page, here: Demo, persona: string) => {
  await unanswered(page);
  await visit(page, here.shop, persona);
  await openCard(page);
  await openLayer(card(page), 'sources');
};

export const states: State[] = [
  { name: 'sixty-seconds', show: (page, here) => visit(page, here.shop, 'hanna', '/') },
  { name: 'list', show: (page, here) => visit(page, here.shop, 'hanna') },
  { name: 'product', show: (page, here) => visit(page, here.shop, 'hanna', '/product/1001') },
  { name: 'basket', show: (page, here) => visit(page, here.shop, 'nora', '/basket') },
  {
    name: 'ask',
    show: async (page, here) => {
      await visit(page, here.shop, 'nora');
      await page.locator('candor-ask').first().scrollIntoViewIfNeeded();
      await expect(page.locator('candor-ask .equals button')).toHaveCount(2);
    },
  },
  { name: 'card', show: async (page, here) => { await visit(page, here.shop, 'hanna'); await openCard(page); } },
  { name: 'card-sources', show: (page, here) => withSources(page, here, 'hanna') },
  {
    name: 'card-preview',
    show: async (page, here) => {
      await withSources(page, here, 'hanna');
      await see(row(page, 'orders')).click();
      await expect(row(page, 'orders').locator('.preview')).toBeVisible();
    },
  },
  {
    name: 'card-switched-off',
    show: async (page, here) => {
      await withSources(page, here, 'hanna');
      await toggle(row(page, 'orders')).click();
      await expect(row(page, 'orders').locator('.done')).toBeVisible();
    },
  },
  {
    name: 'card-superseded',
    show: async (page, here) => {
      await visit(page, here.shop, 'hanna');
      await openCard(page);
      await openLayer(card(page), 'sources');
      await answered(page, (choice) => (choice === 'granted' ? { results: ['superseded'] } : {}), { place: 'other-device', at: '2026-11-24T18:30:00Z' });
      const orders = row(page, 'orders');
      await toggle(orders).click();
      await expect(orders.locator('.save').first()).toHaveText('Saved');
      await toggle(orders).press('Space');
      await expect(orders.locator('.done').first()).toContainText('Not switched on');
    },
  },
  {
    name: 'card-not-taken',
    show: async (page, here) => {
      await visit(page, here.shop, 'hanna');
      await openCard(page);
      await openLayer(card(page), 'sources');
      await answered(page, () => ({ status: 'refused', rev: 0, results: [], reason: 'no-such-switch' }));
      await toggle(row(page, 'orders')).click();
      await expect(row(page, 'orders').locator('.done').first()).toContainText('Not taken');
    },
  },
  {
    name: 'card-kept-nowhere',
    show: async (page, here) => {
      await page.addInitScript(() => {
        Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } });
        Object.defineProperty(window, 'indexedDB', { value: undefined });
      });
      await withSources(page, here, 'hanna');
      await toggle(row(page, 'orders')).click();
      await expect(row(page, 'orders').locator('.done').first()).toContainText('while this page is open');
    },
  },
  { name: 'card-withdrawn', show: (page, here) => gone(page, here, 'withdrawn') },
  { name: 'card-expired', show: (page, here) => gone(page, here, 'expired') },
  {
    name: 'card-left-out',
    show: async (page, here) => {
      await withSources(page, here, 'tomek');
      await row(page, 'orders').locator('li.datum .presses button').first().click();
      await expect(row(page, 'orders').locator('li.datum .done').first()).toBeVisible();
    },
  },
  {
    name: 'card-sums',
    show: async (page, here) => {
      await visit(page, here.shop, 'hanna');
      await openCard(page);
      for (const name of ['sums', 'about', 'record']) await openLayer(card(page), name, byMouse);
    },
  },
  { name: 'card-polish', show: (page, here) => withSources(page, here, 'tomek') },
  {
    name: 'card-popular',
    show: async (page, here) => { await visit(page, here.shop, 'nora'); await openCard(page); },
  },
  {
    name: 'card-product',
    show: async (page, here) => { await visit(page, here.shop, 'nora', '/product/1001'); await openCard(page); },
  },
  {
    name: 'card-loading',
    show: async (page, here) => {
      await page.route(`${here.service}/v1/**`, () => {});
      await visit(page, here.shop, 'hanna');
      await chip(page).click();
      await expect(card(page)).toHaveAttribute('data-candor-state', 'loading');
    },
  },
  {
    name: 'card-unreachable',
    show: async (page, here) => {
      await page.route(`${here.service}/v1/**`, (route) => route.abort());
      await visit(page, here.shop, 'hanna');
      await chip(page).click();
      await expect(card(page)).toHaveAttribute('data-candor-state', 'unreachable');
    },
  },
  {
    name: 'card-not-ready',
    show: async (page, here) => {
      await page.route(`${here.service}/v1/recommendations/*`, (route) =>
        route.fulfill({
          status: 404,
          contentType: 'application/problem+json',
          headers: { 'access-control-allow-origin': '*', 'retry-after': '30' },
          body: JSON.stringify({ type: 'urn:candor:problem:not-ready', title: 'Not ready', status: 404 }),
        }),
      );
      await visit(page, here.shop, 'hanna');
      await chip(page).click();
      await expect(card(page)).toHaveAttribute('data-candor-state', 'not-ready');
    },
  },
  {
    name: 'choices',
    show: async (page, here) => {
      await visit(page, here.shop, 'hanna');
      await page.locator('a[data-candor-open="choices"]').first().click();
      await expect(page.locator('candor-choices section.panel')).toBeVisible();
    },
  },
  {
    name: 'choices-gpc',
    show: async (page, here) => {
      await visit(page, here.shop, 'nora');
      await page.locator('a[data-candor-open="choices"]').first().click();
      await expect(page.locator('candor-choices section.panel')).toBeVisible();
    },
  },
  {
    name: 'chat',
    show: async (page, here) => {
      await visit(page, here.shop, 'hanna', '/chat');
      await page.locator('p.ready button').first().click();
      await expect(page.locator('deep-chat .say').last()).toBeVisible();
    },
  },
  { name: 'page-why', show: async (page, here) => {
    await visit(page, here.shop, 'hanna');
    await page.goto(`${here.shop}${await page.locator('#picks h2 candor-why a').getAttribute('href')}`);
    await expect(page.locator('section.card')).toBeVisible();
  } },
  { name: 'page-choices', show: async (page, here) => {
    await visit(page, here.shop, 'hanna');
    await page.goto(`${here.shop}/candor/choices?site=pk_demo&lang=en`);
    await expect(page.locator('section.card')).toBeVisible();
  } },
  { name: 'desk', show: async (page, here) => { await page.goto(`${here.inside}/desk`); await expect(page.locator('h1')).toBeVisible(); } },
  { name: 'desk-webhooks', show: async (page, here) => { await page.goto(`${here.inside}/desk`); await page.goto(`${here.inside}/desk/webhooks`); await expect(page.locator('h1')).toBeVisible(); } },
];
