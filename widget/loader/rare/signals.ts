// The "no" of the consent tool that the shop already has: read, obeyed, never written; a "yes" there grants
// nothing here. And the browser's own, Global Privacy Control: passed on where no card is opened. Fetched
// only where there is one of them.
//
// Sources: IAB TCF 2.3 (CMP API v2), IAB GPP 1.1 (CMP API; the US sections and `tcfeuv2`), Shopify's Customer
// Privacy API, the WP Consent API, and the public interfaces of the tools named.

import type { Core, Host } from '../core/types';
import { mark } from './whose';

type Any = any;

const page = window as Any;

/** What a tool calls personalised content, advertising, and the sale of data. */
const OURS = /prefer|person|market|advert|\bads?\b|publi[ck]|pubbli|werb|reklam|ciblage|target|sale|sell|sharing/i;

const gpc = !!(navigator as Any).globalPrivacyControl;

/** Whether somebody was asked there and some of what concerns us was refused. */
const refused = (all: object | undefined): boolean => !!all && Object.entries(all).some(([name, is]) => is === false && OURS.test(name));

/** Purposes 3 to 6: profiles, for advertising and for content. They rest on consent alone since 2.2. */
const PURPOSES = [3, 4, 5, 6];
let tcf = false;
let gpp = false;
let usercentrics = false;

/** What the sections of a GPP string say, whatever state they are of. */
function optedOut(value: Any): boolean {
  return (
    !!value &&
    typeof value === 'object' &&
    Object.entries(value).some(
      ([name, is]) =>
        (/^(Sale|Sharing|TargetedAdvertising)OptOut$/.test(name) && is === 1) ||
        (name === 'Gpc' && is === true) ||
        (name === 'OptOutSale' && is === 'Y') ||
        // The European section is TCF's own.
        (name === 'PurposeConsents' && Array.isArray(is) && PURPOSES.some((purpose) => !is[purpose - 1])) ||
        optedOut(is),
    )
  );
}

interface Tool {
  /** Called when the tool is there, with what to call whenever it may say something else. */
  hear?(look: () => void): void;
  events?: [EventTarget, string[]];
  /** Whether it says no now. */
  no(): boolean;
}

const TOOLS: Record<string, Tool> = {
  __tcfapi: {
    hear: (look) =>
      page.__tcfapi('addEventListener', 2, (data: Any, success: boolean) => {
        // While the question is on screen nobody has answered it.
        if (!success || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return;
        tcf = data.gdprApplies !== false && PURPOSES.some((purpose) => !data.purpose?.consents?.[purpose]);
        look();
      }),
    no: () => tcf,
  },
  __gpp: {
    hear: (look) =>
      page.__gpp('addEventListener', (event: Any) => {
        if (event?.pingData?.signalStatus !== 'ready') return;
        const { applicableSections, parsedSections } = event.pingData;
        // A section that is there and does not apply holds what nobody said: all of its purposes are off.
        gpp = optedOut({ ...parsedSections, ...(!applicableSections?.includes(2) && { tcfeuv2: 0 }) });
        look();
      }),
    no: () => gpp,
  },
  Shopify: {
    events: [document, ['visitorConsentCollected', 'shopifyCustomerPrivacyApiLoaded', 'consentTrackingApiLoaded']],
    no: () => {
      const said = page.Shopify.customerPrivacy?.currentVisitorConsent?.() ?? {};
      return [said.preferences, said.marketing, said.sale_of_data].includes('no');
    },
  },
  wp_has_consent: {
    events: [document, ['wp_listen_for_consent_change', 'wp_consent_type_defined']],
    // What was not answered is no consent either, but nobody's no: that lies in a cookie.
    no: () =>
      ['preferences', 'marketing'].some(
        (category) => !page.wp_has_consent(category) && document.cookie.includes(`${page.consent_api?.cookie_prefix ?? 'wp_consent'}_${category}=deny`),
      ),
  },
  OneTrust: {
    events: [window, ['OneTrustGroupsUpdated', 'OTConsentApplied']],
    // C0003: functional, with personalisation; C0004: targeting. A shop may have only one of them: the cookie
    // names all that it has.
    no: () => {
      const groups = /OptanonConsent=[^;]*?groups=[^;&]*/.exec(document.cookie);
      const refused = (group: string): boolean => (!groups || groups[0].includes(group)) && !String(page.OnetrustActiveGroups).includes(group);
      return document.cookie.includes('OptanonAlertBoxClosed') && ['C0003', 'C0004'].some(refused);
    },
  },
  Cookiebot: {
    events: [window, ['CookiebotOnConsentReady', 'CookiebotOnAccept', 'CookiebotOnDecline']],
    no: () => !!page.Cookiebot.hasResponse && refused(page.Cookiebot.consent),
  },
  Didomi: {
    hear: (look) => page.Didomi.on('consent.changed', look),
    no: () => ['select_personalized_content', 'create_content_profile', 'select_personalized_ads', 'create_ads_profile'].some((purpose) => page.Didomi.getUserConsentStatusForPurpose?.(purpose) === false),
  },
  // Usercentrics, second release.
  UC_UI: {
    events: [window, ['UC_UI_CMP_EVENT', 'UC_UI_INITIALIZED', 'UC_UI_VIEW_CHANGED']],
    // What it tells tags: the last word on the data layer, once it was somebody's own.
    no: () => {
      const said = [...(page.dataLayer ?? [])].filter((entry) => entry?.event === 'consent_status' && /^explicit$/i.test(entry.type)).pop();
      return said?.action === 'onDenyAllServices' || refused(said?.ucCategory);
    },
  },
  // And third.
  __ucCmp: {
    hear: (look) => {
      const heed = ({ consent, categories }: Any): void => {
        usercentrics = consent.type === 'EXPLICIT' && Object.entries<Any>(categories).some(([name, { state }]) => OURS.test(name) && state === 'ALL_DENIED');
        look();
      };
      window.addEventListener('UC_CONSENT', (event) => attempt(() => heed((event as CustomEvent).detail)));
      page.__ucCmp.getConsentDetails().then(heed).catch(() => {});
    },
    no: () => usercentrics,
  },
  klaro: {
    hear: (look) => page.klaro.getManager().watch({ update: look }),
    no: () => {
      const manager = page.klaro.getManager();
      return !!manager.confirmed && manager.config.services.some((one: Any) => OURS.test(one.purposes) && !manager.getConsent(one.name));
    },
  },
  CookieConsent: {
    events: [window, ['cc:onConsent', 'cc:onChange']],
    no: () => page.CookieConsent.validConsent?.() && OURS.test(page.CookieConsent.getUserPreferences().rejectedCategories),
  },
  tarteaucitron: {
    // The newer releases say it at every change, the older where their panels close.
    hear: (look) => document.addEventListener('tac.consent_updated', look),
    events: [window, ['tac.close_alert', 'tac.close_panel']],
    no: () => Object.entries(page.tarteaucitron.state ?? {}).some(([name, is]) => is === false && OURS.test(page.tarteaucitron.services?.[name]?.type === 'ads' ? 'advert' : name)),
  },
  c15tStore: {
    hear: (look) => page.c15tStore.subscribe(look),
    no: () => {
      const said = page.c15tStore.getState();
      return said.hasConsented() && refused(said.consents);
    },
  },
  // Osano's open one, which knows one question only, and tells nobody when it is answered.
  cookieconsent: {
    hear: (look) => document.addEventListener('click', () => setTimeout(look), true),
    no: () => /\bcookieconsent_status=deny\b/.test(document.cookie),
  },
  Fides: {
    events: [window, ['FidesReady', 'FidesUpdated']],
    no: () => document.cookie.includes('fides_consent') && refused(page.Fides.consent),
  },
  orejime: {
    hear: (look) => page.orejime.manager.on('update', look),
    // Unanswered is off as well; it calls that dirty.
    no: () => !page.orejime.manager.isDirty() && refused(page.orejime.manager.getAllConsents()),
  },
};

/** The tools that are heard. */
const heard = new Set<string>();
let look: (() => void) | undefined;
/** Under way, or over. */
let passing: Promise<void> | undefined;

/** Hears every tool that is there, also those that came since it was last called, and passes a "no" on. */
export function listen(host: Host, running: () => Core | undefined, core: () => Promise<Core>): void {
  const own = `candor:${host.site}:`;
  const told = (look ??= () => {
    const no = [...heard].some((name) => attempt(() => TOOLS[name]!.no()));
    const moved = no !== !!host.refuses;
    host.refuses = no;
    // The tool calls us here: what goes wrong on our side is not its fault.
    if (moved) (passing = undefined), attempt(() => running()?.refuse(no));
    if (!no && !gpc) return void attempt(() => localStorage.removeItem(own + 'no')), (passing = undefined);
    passing ??= pass().catch(() => (passing = undefined));
  });
  // Somebody came, or left: what was passed on was another's.
  host.came = () => {
    passing = undefined;
    told();
  };
  /** Null: nothing was ever chosen on this device. Undefined: it does not tell. */
  const device = () => attempt(() => localStorage.getItem(own + 'device'));
  const who = async (): Promise<string> => mark(await host.token(), device());
  /**
   * Somebody who is signed in, or who chose on this device before: their "no" is worth fetching the rest for,
   * until it has arrived. Of who chose nothing here, and had nothing on, nothing is kept: it is passed on again.
   */
  const pass = async (): Promise<void> => {
    const first = await who();
    if (first === 'anon' && !device() && !(await indexedDB.databases()).some(({ name }) => name === own)) return;
    if (attempt(() => localStorage.getItem(own + 'no')) === first) return;
    const card = await core();
    // Not passed on: it is tried again at the next word.
    if (!(await card.refuse(!!host.refuses, true))) throw 0;
    // Somebody else may be at the page by then.
    if (device() && (await who()) === first) localStorage.setItem(own + 'no', first);
  };
  for (const [name, tool] of Object.entries(TOOLS)) {
    // A stub or a tool without its settings may throw; it is looked at again.
    attempt(() => {
      if (!page[name] || heard.has(name)) return;
      tool.hear?.(told);
      heard.add(name);
      for (const event of tool.events?.[1] ?? []) tool.events![0].addEventListener(event, told);
    });
  }
  told();
}

/** Somebody else's code: what it throws is no "no", and no fault of the page. */
function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return;
  }
}
