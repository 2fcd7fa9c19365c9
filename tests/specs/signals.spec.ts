// The "no" of the shop's own consent tool: read and obeyed, never written; its "yes" grants nothing.
// Each page stands in for one tool, by the tool's public interface.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { row, openCard, openLayer, card, visit } from '../house/shop';

const here = demo();

/** By name: what the page holds once the tool is there, with `say(no)` to answer its question. */
const TOOLS: Record<string, string> = {
  'IAB TCF 2.3': `let heard, no = false;
    window.__tcfapi = (command, version, callback) => { if (command === 'addEventListener') { heard = callback; tell('tcloaded'); } };
    const tell = (eventStatus) => heard?.({ eventStatus, gdprApplies: true, listenerId: 1, purpose: { consents: no ? { 1: true } : { 1: true, 2: true, 3: true, 4: true, 5: true, 6: true } } }, true);
    window.say = (is) => { no = is; tell('cmpuishown'); tell('useractioncomplete'); };`,
  'IAB GPP': `let heard, no = false;
    window.__gpp = (command, callback) => { if (command === 'addEventListener') { heard = callback; tell(); } };
    const tell = () => heard?.({ eventName: 'signalStatus', data: 'ready', pingData: { gppVersion: '1.1', signalStatus: 'ready', parsedSections: { usnat: [{ Version: 1, SaleOptOut: no ? 1 : 2, SharingOptOut: 2 }] } } });
    window.say = (is) => { no = is; tell(); };`,
  'Shopify Customer Privacy': `let said = { marketing: '', analytics: '', preferences: '', sale_of_data: '' };
    window.Shopify = { customerPrivacy: { currentVisitorConsent: () => said } };
    window.say = (no) => { said = { marketing: no ? 'no' : 'yes', analytics: 'yes', preferences: no ? 'no' : 'yes', sale_of_data: no ? 'no' : 'yes' }; document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: {} })); };`,
  'WP Consent API': `window.wp_consent_type = 'optin';
    const value = (category) => (document.cookie.match('wp_consent_' + category + '=([a-z]+)') || [])[1];
    window.wp_has_consent = (category) => value(category) === 'allow';
    window.say = (no) => { const is = no ? 'deny' : 'allow'; for (const c of ['preferences', 'marketing']) document.cookie = 'wp_consent_' + c + '=' + is + ';path=/'; document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change', { detail: { marketing: is } })); };`,
  OneTrust: `window.OneTrust = {}; window.OnetrustActiveGroups = ',C0001,';
    window.say = (no) => { window.OnetrustActiveGroups = no ? ',C0001,' : ',C0001,C0002,C0003,C0004,'; document.cookie = 'OptanonAlertBoxClosed=2026-11-24;path=/'; window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated')); };`,
  Cookiebot: `window.Cookiebot = { hasResponse: false, consent: { necessary: true, preferences: false, statistics: false, marketing: false } };
    window.say = (no) => { Cookiebot.hasResponse = true; Object.assign(Cookiebot.consent, { preferences: !no, statistics: !no, marketing: !no }); window.dispatchEvent(new Event(no ? 'CookiebotOnDecline' : 'CookiebotOnAccept')); };`,
  Didomi: `let heard, is; window.Didomi = { on: (name, fn) => { heard = fn; }, getUserConsentStatusForPurpose: () => is };
    window.say = (no) => { is = !no; heard?.(); };`,
  Usercentrics: `window.UC_UI = {}; window.dataLayer = [{ event: 'consent_status', type: 'implicit', action: 'onInitialPageLoad' }];
    window.say = (no) => { dataLayer.push({ event: 'consent_status', type: 'explicit', action: no ? 'onDenyAllServices' : 'onAcceptAllServices' }); window.dispatchEvent(new Event('UC_UI_CMP_EVENT')); };`,
  Klaro: `let watcher, yes = false; const manager = { confirmed: false, config: { services: [{ name: 'ads', purposes: ['marketing'] }] }, getConsent: () => yes, watch: (w) => { watcher = w; } };
    window.klaro = { getManager: () => manager };
    window.say = (no) => { manager.confirmed = true; yes = !no; watcher?.update(manager, 'saveConsents'); };`,
  'vanilla-cookieconsent': `let rejected = []; window.CookieConsent = { validConsent: () => true, getUserPreferences: () => ({ rejectedCategories: rejected }) };
    window.say = (no) => { rejected = no ? ['marketing'] : []; window.dispatchEvent(new CustomEvent('cc:onChange')); };`,
  Fides: `window.Fides = { consent: { essential: true, data_sales_and_sharing: true } };
    window.say = (no) => { document.cookie = 'fides_consent=x;path=/'; Fides.consent.data_sales_and_sharing = !no; window.dispatchEvent(new CustomEvent('FidesUpdated')); };`,
};

const say = (page: Page, no: boolean) => page.evaluate((is) => (window as any).say(is), no);

for (const [name, tool] of Object.entries(TOOLS)) {
  test(`${name}: its no switches off what is on and is shown as honoured, its yes grants nothing`, async ({ page }) => {
    await page.addInitScript(tool);
    const reader = page.waitForResponse((answer) => /\/signals-\w+\.js$/.test(answer.url()));
    // Nobody is told: the next tool finds Hanna's choices as they were. In the page itself, for a request
    // that outlives its page passes every route a test lays.
    await page.addInitScript(() => {
      const real = window.fetch;
      const decided: unknown[] = ((window as any).decided = []);
      window.fetch = (...args) =>
        String(args[0]).endsWith('/v1/decisions') ? (decided.push(args[1]?.body), Promise.reject(new TypeError('cut'))) : real(...args);
    });
    const decided = (): Promise<string[]> => page.evaluate(() => (window as any).decided);
    await visit(page, here.shop, 'hanna');
    await reader;
    await openCard(page);
    await openLayer(card(page), 'sources');
    const orders = row(page, 'orders').getByRole('switch');
    await expect(orders).toHaveAttribute('aria-checked', 'true');
    expect(await decided()).toEqual([]);
    await say(page, true);
    await expect(orders).toHaveAttribute('aria-checked', 'false');
    await expect(card(page)).toContainText('Opt-Out Request Honored');
    await expect(card(page)).toContainText('You said no in this shop’s cookie settings');
    await expect.poll(async () => (await decided()).length).toBeGreaterThan(0);
    const [sent] = JSON.parse((await decided())[0]!).decisions;
    expect(sent.method).toBe('signal');
    expect(sent.changes.every((change: { choice: string }) => change.choice === 'denied')).toBe(true);
    await say(page, false);
    await page.waitForTimeout(300);
    await expect(orders).toHaveAttribute('aria-checked', 'false');
  });
}

test('a shop without a consent tool is spared the reader', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  await visit(page, here.shop, 'hanna');
  await page.waitForTimeout(1_500);
  expect(asked.filter((url) => url.includes('/signals-'))).toEqual([]);
});
