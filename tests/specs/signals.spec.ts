// The "no" of the shop's own consent tool: read and obeyed, never written; its "yes" grants nothing.
// The tools here are hosted by those who sell them, or belong to a shop system: each page stands in for one, by
// its public interface. Those that can be had run themselves, in consent-tools.spec.ts.
import { expect, test } from '@playwright/test';
import { cut, noIsObeyed, say } from '../house/consent-tool';
import { demo } from '../house/demo';
import { visit } from '../house/shop';

const here = demo();

/** By name: what the page holds once the tool is there, with `say(no)` to answer its question. */
const TOOLS: Record<string, string> = {
  'Shopify Customer Privacy': `let said = { marketing: '', analytics: '', preferences: '', sale_of_data: '' };
    window.Shopify = { customerPrivacy: { currentVisitorConsent: () => said } };
    window.say = (no) => { said = { marketing: no ? 'no' : 'yes', analytics: 'yes', preferences: no ? 'no' : 'yes', sale_of_data: no ? 'no' : 'yes' }; document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: {} })); };`,
  'WP Consent API': `window.wp_consent_type = 'optin';
    const value = (category) => (document.cookie.match('wp_consent_' + category + '=([a-z]+)') || [])[1];
    window.wp_has_consent = (category) => value(category) === 'allow';
    window.say = (no) => { const is = no ? 'deny' : 'allow'; for (const c of ['preferences', 'marketing']) document.cookie = 'wp_consent_' + c + '=' + is + ';path=/'; document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change', { detail: { marketing: is } })); };`,
  OneTrust: `window.OneTrust = {}; window.OnetrustActiveGroups = ',C0001,';
    window.say = (no) => { window.OnetrustActiveGroups = no ? ',C0001,' : ',C0001,C0002,C0003,C0004,'; document.cookie = 'OptanonAlertBoxClosed=2026-11-24;path=/'; window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated')); };`,
  // What it has not asked about nobody refused.
  'OneTrust, in a shop without the category of functional cookies': `window.OneTrust = {}; window.OnetrustActiveGroups = ',C0001,';
    window.say = (no) => { window.OnetrustActiveGroups = no ? ',C0001,' : ',C0001,C0002,C0004,'; document.cookie = 'OptanonConsent=isGpcEnabled=0&version=202403.1.0&groups=' + encodeURIComponent('C0001:1,C0002:' + +!no + ',C0004:' + +!no) + '&geolocation=FR;path=/'; document.cookie = 'OptanonAlertBoxClosed=2026-11-24;path=/'; window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated')); };`,
  Cookiebot: `window.Cookiebot = { hasResponse: false, consent: { necessary: true, preferences: false, statistics: false, marketing: false } };
    window.say = (no) => { Cookiebot.hasResponse = true; Object.assign(Cookiebot.consent, { preferences: !no, statistics: !no, marketing: !no }); window.dispatchEvent(new Event(no ? 'CookiebotOnDecline' : 'CookiebotOnAccept')); };`,
  Didomi: `let heard, is; window.Didomi = { on: (name, fn) => { heard = fn; }, getUserConsentStatusForPurpose: () => is };
    window.say = (no) => { is = !no; heard?.(); };`,
  'Usercentrics, second release': `window.UC_UI = {}; window.dataLayer = [{ event: 'consent_status', type: 'implicit', action: 'onInitialPageLoad' }];
    window.say = (no) => { dataLayer.push({ event: 'consent_status', type: 'explicit', action: no ? 'onDenyAllServices' : 'onAcceptAllServices' }); window.dispatchEvent(new Event('UC_UI_CMP_EVENT')); };`,
  'Usercentrics, third release': `let details = { consent: { type: 'IMPLICIT', status: 'ALL_DENIED' }, categories: { essential: { state: 'ALL_ACCEPTED' }, marketing: { state: 'ALL_DENIED' } } };
    window.__ucCmp = { getConsentDetails: () => Promise.resolve(details) };
    window.say = (no) => { const state = no ? 'ALL_DENIED' : 'ALL_ACCEPTED'; details = { consent: { type: 'EXPLICIT', status: state }, categories: { essential: { state: 'ALL_ACCEPTED' }, marketing: { state } } }; window.dispatchEvent(new CustomEvent('UC_CONSENT', { detail: details })); };`,
  Fides: `window.Fides = { consent: { essential: true, data_sales_and_sharing: true } };
    window.say = (no) => { document.cookie = 'fides_consent=x;path=/'; Fides.consent.data_sales_and_sharing = !no; window.dispatchEvent(new CustomEvent('FidesUpdated')); };`,
};

for (const [name, tool] of Object.entries(TOOLS)) {
  test(`${name}: its no switches off what is on and is shown as honoured, its yes grants nothing`, async ({ page }) => {
    await page.addInitScript(tool);
    await noIsObeyed(page, here.shop);
  });
}

test('somebody signed in says no on a browser that is new to them, and opens no card: it is passed on all the same', async ({ page }) => {
  await page.addInitScript(TOOLS.Cookiebot!);
  const decided = await cut(page);
  const reader = page.waitForResponse((answer) => /\/signals-\w+\.js$/.test(answer.url()));
  await visit(page, here.shop, 'hanna');
  await reader;
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([]);
  await say(page, true);
  await expect.poll(async () => (await decided()).length).toBeGreaterThan(0);
  for (const body of await decided())
    for (const { method, changes } of JSON.parse(body).decisions) {
      expect(method).toBe('signal');
      expect(changes.every(({ choice }: { choice: string }) => choice === 'denied')).toBe(true);
    }
});

test('the shop says late who is there: the no that stood by then is passed on for them too', async ({ page }) => {
  await page.addInitScript(TOOLS.Cookiebot!);
  await page.addInitScript(() => {
    Object.assign((window as any).Cookiebot, { hasResponse: true, consent: { marketing: false } });
    // Whatever else the page calls is called, before we are there and after.
    let identify: (fn: unknown) => void;
    const later = (fn: unknown) => void ((window as any).late = () => identify(fn));
    const queue: unknown[] = [];
    queue.push = (...calls: any[]) => {
      for (const call of calls) if (call[0] === 'identify') later(call[1]);
        else queue[queue.length] = call;
      return queue.length;
    };
    let candor: any = queue;
    Object.defineProperty(window, 'candor', {
      get: () => candor,
      set: (api) => {
        candor = api;
        if (!api.identify) return;
        ({ identify } = api);
        api.identify = later;
      },
    });
  });
  const decided = await cut(page);
  const reader = page.waitForResponse((answer) => /\/signals-\w+\.js$/.test(answer.url()));
  await visit(page, here.shop, 'hanna');
  await reader;
  await page.waitForTimeout(500);
  expect(await decided()).toEqual([]);
  await page.evaluate(() => (window as any).late());
  await expect.poll(async () => (await decided()).length).toBeGreaterThan(0);
  for (const body of await decided()) for (const { method } of JSON.parse(body).decisions) expect(method).toBe('signal');
});

test('a shop without a consent tool is spared the reader', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  await visit(page, here.shop, 'hanna');
  await page.waitForTimeout(1_500);
  expect(asked.filter((url) => url.includes('/signals-'))).toEqual([]);
});
