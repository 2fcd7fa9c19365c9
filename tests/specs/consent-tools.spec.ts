// The consent tools that can be had, run themselves: IAB's own CMP APIs and four open ones, as published on npm.
// Their "no" is read and obeyed, whatever of theirs is on the page; they are answered by their own calls or buttons.
import { buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Page, expect, test } from '@playwright/test';
import { noIsObeyed } from '../house/consent-tool';
import { demo } from '../house/demo';
import { card, openCard, openLayer, row, visit } from '../house/shop';

const here = demo();
const tests = fileURLToPath(new URL('..', import.meta.url));
const packaged = (file: string): string => readFileSync(join(tests, 'node_modules', file), 'utf8');

/** Modules that a shop would bundle. */
function bundled(contents: string): string {
  const made = buildSync({ stdin: { contents, resolveDir: tests }, bundle: true, write: false, format: 'iife', target: 'es2022' });
  return made.outputFiles[0]!.text;
}

/** Once there is a body to write into. */
const ready = (then: string): string => `addEventListener('DOMContentLoaded', () => { ${then} });`;

/** Of which one section applies, and what is written when the question is answered. */
const gpp = (applies: number, section: string, write: string): string =>
  bundled(`
    import { CmpApi } from '@iabgpp/cmpapi';
    const cmp = new CmpApi(2, 1);
    cmp.setCmpStatus('loaded');
    cmp.setApplicableSections([${applies}]);
    window.say = (no) => {
      ${write}
      cmp.fireSectionChange('${section}');
      cmp.setSignalStatus('ready');
    };`);

/** By name: the tool, started, and `say(no)` to answer its question. */
const TOOLS: Record<string, () => string> = {
  'IAB TCF 2.3': () =>
    bundled(`
      import { CmpApi } from '@iabtcf/cmpapi';
      import { GVL, TCModel, TCString } from '@iabtcf/core';
      const purposes = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((id) => [id, { id, name: String(id), description: '', illustrations: [] }]));
      const list = { gvlSpecificationVersion: 3, vendorListVersion: 48, tcfPolicyVersion: 5, lastUpdated: '2026-01-01T00:00:00Z', purposes, specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {}, dataCategories: {}, vendors: {} };
      const cmp = new CmpApi(2, 1, true);
      cmp.update('', true);
      window.say = (no) => {
        const said = new TCModel(new GVL(list));
        said.cmpId = 2; said.cmpVersion = 1; said.isServiceSpecific = true; said.publisherCountryCode = 'DE';
        if (no) said.purposeConsents.set(1); else said.setAllPurposeConsents();
        cmp.update(TCString.encode(said), false);
      };`),
  // The European section lies there, too, as some tools have it, and nobody said it.
  'IAB GPP': () => gpp(7, 'usnat', "cmp.setFieldValue('usnat', 'SaleOptOut', no ? 1 : 2); cmp.setFieldValue('tcfeuv2', 'CmpId', 2);"),
  'IAB GPP in Europe': () =>
    gpp(2, 'tcfeuv2', "cmp.setFieldValue('tcfeuv2', 'PurposeConsents', Array.from({ length: 24 }, (_, at) => at < 10 && !(no && at === 4)));"),
  'vanilla-cookieconsent': () =>
    packaged('vanilla-cookieconsent/dist/cookieconsent.umd.js') +
    ready(`CookieConsent.run({
        categories: { necessary: { enabled: true, readOnly: true }, ads: {} },
        language: { default: 'en', translations: { en: { consentModal: { title: 'Cookies', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No' }, preferencesModal: { title: 'Cookies', sections: [] } } } },
      });
      window.say = (no) => CookieConsent.acceptCategory(no ? [] : 'all');`),
  c15t: () =>
    bundled(`
      import { getOrCreateConsentRuntime } from 'c15t';
      addEventListener('DOMContentLoaded', () => {
        const { consentStore } = getOrCreateConsentRuntime({ mode: 'offline', consentCategories: ['necessary', 'measurement', 'marketing'], reloadOnConsentRevoked: false });
        window.say = (no) => consentStore.getState().saveConsents(no ? 'necessary' : 'all');
      });`),
  'Osano cookieconsent': () =>
    packaged('cookieconsent/build/cookieconsent.min.js') +
    ready(`cookieconsent.initialise({ type: 'opt-in' });
      window.say = (no) => { if (!document.querySelector('.cc-window:not(.cc-invisible)')) document.querySelector('.cc-revoke').click(); document.querySelector(no ? '.cc-deny' : '.cc-allow').click(); };`),
  Klaro: () =>
    packaged('klaro/dist/klaro-no-css.js') +
    ready(`klaro.setup({ acceptAll: true, services: [{ name: 'ads', title: 'Ads', purposes: ['marketing'] }], translations: { zz: { privacyPolicyUrl: '/privacy' }, en: { ads: { description: '' }, purposes: { marketing: { title: 'Marketing' } } } } });
      window.say = (no) => { const manager = klaro.getManager(); manager.changeAll(!no); manager.saveAndApplyConsents(); };`),
  Orejime: () =>
    `window.orejimeConfig = { privacyPolicyUrl: '/privacy', purposes: [{ id: 'marketing', title: 'Marketing', cookies: [] }] };` +
    ready(packaged('orejime/dist/orejime-standard-en.js')) +
    `window.say = (no) => (no ? orejime.manager.declineAll() : orejime.manager.acceptAll());`,
  tarteaucitron: () =>
    // It fetches its words and services from where it is told.
    `var tarteaucitronForceCDN = '/tool/tarteaucitronjs/';` +
    packaged('tarteaucitronjs/tarteaucitron.js') +
    ready(`tarteaucitron.init({ privacyUrl: '', orientation: 'bottom', highPrivacy: true, showAlertSmall: false, cookieslist: false, AcceptAllCta: true, DenyAllCta: true });
      tarteaucitron.job = tarteaucitron.job || [];
      const wait = setInterval(() => {
        if (!tarteaucitron.services.facebookpixel) return;
        clearInterval(wait);
        tarteaucitron.services.ours = { key: 'ours', type: 'ads', name: 'Our advertising', uri: '/', needConsent: true, cookies: [], js() {}, fallback() {} };
        tarteaucitron.job.push('ours');
      }, 20);
      window.say = (no) => document.getElementById(no ? 'oursDenied' : 'oursAllowed').click();`),
};

// The tools bring styles and scripts that the demo's strict policy rightly refuses; their answer is what is tested.
test.use({ bypassCSP: true });

/** Puts the tool into the shop's page, as the first script of its head. */
async function place(page: Page, tool: string): Promise<void> {
  await page.route('**/tool.js', (route) => route.fulfill({ body: tool, contentType: 'text/javascript' }));
  await page.route('**/tool/**', (route) => {
    const file = new URL(route.request().url()).pathname.replace('/tool/', '');
    return route.fulfill({ body: packaged(file), contentType: file.endsWith('.css') ? 'text/css' : 'text/javascript' });
  });
  await page.route(`${here.shop}/shop?*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('<head>', '<head><script src="/tool.js"></script>') });
  });
}

for (const [name, tool] of Object.entries(TOOLS)) {
  test(`${name} itself: its no switches off what is on and is shown as honoured, its yes grants nothing`, async ({ page }) => {
    await place(page, tool());
    await noIsObeyed(page, here.shop);
  });
}

test('a tool that comes late, from a tag manager on a slow line, is heard', async ({ page }) => {
  await visit(page, here.shop, 'hanna');
  await page.waitForTimeout(1_500);
  await page.addScriptTag({ content: packaged('vanilla-cookieconsent/dist/cookieconsent.umd.js') });
  const reader = page.waitForResponse((answer) => /\/signals-\w+\.js$/.test(answer.url()));
  await page.evaluate(() =>
    (window as any).CookieConsent.run({
      hideFromBots: false,
      categories: { necessary: { enabled: true, readOnly: true }, marketing: {} },
      language: { default: 'en', translations: { en: { consentModal: { title: 'Cookies', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No' }, preferencesModal: { title: 'Cookies', sections: [] } } } },
    }),
  );
  await page.route('**/v1/decisions', (route) => route.abort());
  await reader;
  await openCard(page);
  await openLayer(card(page), 'sources');
  const orders = row(page, 'orders').getByRole('switch');
  await expect(orders).toHaveAttribute('aria-checked', 'true');
  await page.getByRole('button', { name: 'No', exact: true }).click();
  await expect(orders).toHaveAttribute('aria-checked', 'false');
  await expect(card(page)).toContainText('Opt-Out Request Honored');
});
