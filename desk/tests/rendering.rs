//! View-models in, markup out.

use candor_desk::view::*;
use candor_desk::{LANGUAGES, Speech, pages};
use candor_protocol::{Decision, Kind, Notice, Outcome, Timestamp};
use candor_words::{Direction, Locale, Plural};
use serde_json::json;

const HOSTILE: &str = "<script>alert(1)</script>\"'&";
const CANARY: &str = "GIFT-FOR-A-BABY-22698";

/// A locale that only has a language; the service's own is tested there.
struct Plain(&'static str);

impl Locale for Plain {
    fn language(&self) -> &str {
        self.0
    }
    fn direction(&self) -> Direction {
        Direction::LeftToRight
    }
    fn plural(&self, n: u64) -> Plural {
        if n == 1 { Plural::One } else { Plural::Other }
    }
    fn ordinal(&self, _: u64) -> Plural {
        Plural::Other
    }
    fn number(&self, value: f64, _: u8) -> String {
        value.to_string()
    }
    fn money(&self, amount: &str, currency: &str) -> String {
        format!("{amount} {currency}")
    }
    fn date(&self, at: Timestamp) -> String {
        at.to_string()
    }
    fn moment(&self, at: Timestamp) -> String {
        at.to_string()
    }
    fn list(&self, entries: &[String]) -> String {
        entries.join(", ")
    }
}

fn desk() -> Desk {
    Desk {
        site: "pk_test".into(),
        name: HOSTILE.into(),
        viewer: Viewer::Team,
        token: "the-token".into(),
        now: Timestamp::parse("2026-11-22T18:10:00Z").unwrap(),
        here: "/desk?site=pk_test".into(),
    }
}

fn notice() -> Notice {
    let text = |en: &str, pl: &str| json!({"en": en, "pl": pl});
    Notice::read(&json!({
        "version": 3, "site": "pk_test", "controller": "The Shop",
        "purposes": [{"id": "recommendations", "label": text("Picks", "Polecenia"), "text": text("To choose", "Żeby dobrać <b>")}],
        "sources": [{
            "id": "orders", "label": text("Your orders", "Twoje zamówienia"), "text": text("What you bought", "Co kupiono"),
            "kept_for": text("Kept for tax", "Na potrzeby podatków"), "origin": text("The shop", "Ze sklepu"),
            "retention": text("Two years", "Dwa lata"), "recipients": text("Nobody", "Nikt")
        }],
        "controls": [{"id": "recommendations/orders", "legal_basis": "consent"}],
        "valid_from": "2026-01-01T00:00:00Z", "reask_after": "P12M", "document_retention": "PT24H", "decision_retention": "P3Y"
    }))
    .unwrap()
}

fn decided(method: &str, result: &str, unmasked: bool) -> Decided {
    let decision = Decision::read(&json!({
        "id": "01936f2a-0000-7000-8000-000000000001", "device": "device-7f3a", "seq": 4, "notice": "sha256-n", "served": "words-hash",
        "locale": "pl", "surface": "chat", "tier": "wasm",
        "changes": [{"control": "recommendations/orders", "choice": "denied", "datum": CANARY}],
        "base": {"epoch": "e_1", "rev": 6}, "method": method, "occurred_at": "2026-11-22T18:00:00Z"
    }))
    .unwrap();
    let outcome = Outcome::read(&json!({
        "decision": decision.id, "status": "recorded", "rev": 7, "results": [result]
    }))
    .unwrap();
    let shown =
        Shown {
            notice: Some(notice()), matches: true, messages: Some(vec!["Nie używaj tego".into(), HOSTILE.into()])
        };
    let received_at = Timestamp::parse("2026-11-22T18:00:01Z").unwrap();
    Decided {
        who: Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz"),
        decision,
        outcome,
        received_at,
        shown,
        unmasked,
        carried_over: false,
    }
}

fn served(evidence: bool) -> Served {
    Served {
        id: "rec_aaaaaaaaaaaaaaaaaaaaaaaaaa".into(),
        who: Some(Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz")),
        state: State::Ready,
        surface: Some("storefront".into()),
        made_at: desk().now,
        expires_at: desk().now.plus_hours(24),
        list: vec!["Green teacup".into(), HOSTILE.into()],
        factors: vec![
            Used { label: "Your orders".into(), kind: Kind::Personal, still_allowed: true },
            Used { label: "popularity".into(), kind: Kind::General, still_allowed: true },
        ],
        not_used: vec![("Your returns".into(), "unset".into())],
        evidence_count: 2,
        evidence: evidence.then(|| vec![Datum { source: "Your orders".into(), title: CANARY.into() }]),
    }
}

fn overview() -> Overview {
    Overview {
        decisions: vec![decided("switch", "applied", false)],
        served: vec![served(false)],
        refused: vec![Refused {
            key: "k".into(),
            who: None,
            purpose: "recommendations".into(),
            source: "returns".into(),
            reason: "unset".into(),
            count: 3,
            at: desk().now,
        }],
        feedback: vec![Feedback {
            id: "fb_1".into(),
            who: None,
            recommendation: "rec_a".into(),
            kind: "wrong-data".into(),
            text: Some(HOSTILE.into()),
            state: "received".into(),
            steps: vec![Step { state: "looked-at".into(), by: Viewer::Team, at: desk().now }],
            at: desk().now,
        }],
        notice: Some(notice()),
        gaps: vec![gap()],
        ..Overview::default()
    }
}

fn gap() -> Gap {
    let runs = vec![(3, 3), (5, 9)];
    Gap { who: Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz"), device: format!("{HOSTILE}-7f3a"), runs }
}

fn person(unmasked: bool) -> Person {
    Person {
        who: Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz"),
        created_at: desk().now,
        account: true,
        rev: 7,
        standing: vec![Stands {
            control: "recommendations/orders".into(),
            choice: "granted".into(),
            left_out: 1,
            by_signal: false,
            lapsed: false,
        }],
        timeline: vec![decided("switch", "applied", unmasked)],
        gaps: vec![gap()],
        served: vec![served(unmasked)],
        refused: Vec::new(),
        feedback: Vec::new(),
        looks: Vec::new(),
        notice: Some(notice()),
    }
}

fn post() -> Post {
    Post {
        endpoints: vec![Endpoint {
            id: "wh_1".into(),
            url: HOSTILE.into(),
            in_use: true,
            waiting: 1,
            delivered: 2,
            dead: 1,
        }],
        letters: vec![Letter {
            id: "msg_1".into(),
            endpoint: "wh_1".into(),
            url: HOSTILE.into(),
            in_use: true,
            kind: "choice.changed".into(),
            who: None,
            status: HOSTILE.into(),
            attempts: 11,
            at: desk().now,
        }],
    }
}

/// Every page there is, in every language.
fn every_page() -> Vec<String> {
    let who = Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz");
    LANGUAGES
        .iter()
        .flat_map(|language| {
            let locale = Plain(language);
            let speech = Speech::new(&locale);
            vec![
                pages::home(&desk(), &overview(), &speech),
                pages::home(&desk(), &Overview::default(), &speech),
                pages::person(&desk(), &person(false), &speech),
                pages::webhooks(&desk(), &post(), &speech),
                pages::webhooks(&desk(), &Post::default(), &speech),
                pages::erase(&desk(), &who, 2, 1, &speech),
                pages::sign_in(&desk(), true, &speech),
                pages::sorry(&desk(), pages::Problem::Stale, &speech),
            ]
        })
        .collect()
}

#[test]
fn text_from_outside_stays_text() {
    for page in every_page() {
        assert!(!page.contains("<script>alert"), "a title became markup");
        assert!(!page.contains("<b>"), "a notice became markup");
    }
    assert!(every_page()[0].contains("&lt;script&gt;alert(1)"));
}

#[test]
fn no_page_carries_a_style_or_a_script_of_its_own() {
    for page in every_page() {
        assert!(!page.contains("style="), "a style attribute");
        assert!(!page.contains("<style"), "a style element");
        assert!(!page.contains(" onclick") && !page.contains("javascript:"));
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" ") && script.contains("></script>"), "an inline script: {script:.60}");
        }
    }
}

#[test]
fn nothing_that_a_list_rests_on_is_shown_before_somebody_asked() {
    for page in every_page() {
        assert!(!page.contains(CANARY));
    }
    let page = pages::person(&desk(), &person(true), &Speech::new(&Plain("en")));
    assert_eq!(page.matches(CANARY).count(), 2, "in the list's evidence and in the decision");
}

#[test]
fn the_notice_is_shown_word_for_word_in_the_language_that_person_saw() {
    let page = pages::home(&desk(), &overview(), &Speech::new(&Plain("en")));
    for words in
        ["Twoje zamówienia", "Co kupiono", "Na potrzeby podatków", "Ze sklepu", "Dwa lata", "Nikt", "Nie używaj tego"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("lang=\"pl\""));
    assert!(!page.contains("What you bought"), "English was not what this person saw");
    assert!(page.contains("sha256-n") && page.contains("words-hash"));
}

#[test]
fn words_that_are_not_kept_are_said_to_be_missing_and_never_made_up() {
    let mut overview = overview();
    overview.decisions[0].shown = Shown::default();
    let page = pages::home(&desk(), &overview, &Speech::new(&Plain("en")));
    assert!(page.contains("was never published here") && page.contains("is not kept here"));
    assert!(!page.contains("Twoje"));
}

#[test]
fn what_did_not_come_into_force_says_so_and_a_signal_is_not_the_persons_act() {
    let speech = Speech::new(&Plain("en"));
    let mut overview = overview();
    overview.decisions = vec![decided("switch", "superseded", false)];
    assert!(pages::home(&desk(), &overview, &speech).contains("Superseded"));
    overview.decisions = vec![decided("signal", "applied", false)];
    let page = pages::home(&desk(), &overview, &speech);
    assert!(page.contains("Signal, not the person"));
    assert!(!page.contains("What this person saw"), "a browser's signal read no notice");
}

#[test]
fn what_never_arrived_is_listed_by_device_and_number() {
    let speech = Speech::new(&Plain("en"));
    for page in [pages::home(&desk(), &overview(), &speech), pages::person(&desk(), &person(false), &speech)] {
        assert!(page.contains("Device 7F3A: no. 3, 5–9 never arrived"), "{page}");
    }
    let mut many = overview();
    many.gaps[0].runs = (0..100).map(|n| (n * 2, n * 2)).collect();
    assert!(pages::home(&desk(), &many, &speech).contains("no. 0, 2, 4, 6, 8, … never arrived"));
    let nothing = pages::home(&desk(), &Overview::default(), &speech);
    assert!(nothing.contains("has arrived") && !nothing.contains("Device "));
}

#[test]
fn a_no_that_outlived_an_erasure_was_shown_to_nobody() {
    let mut overview = overview();
    overview.served.clear();
    overview.decisions = vec![Decided { carried_over: true, ..decided("import", "applied", false) }];
    let page = pages::home(&desk(), &overview, &Speech::new(&Plain("en")));
    assert!(page.contains("carried over from before an erasure") && page.contains("nothing was shown to them"));
    assert!(!page.contains("What this person saw") && !page.contains("Twoje zamówienia"));
    assert!(!page.contains("chat") && !page.contains("device 7F3A"), "no place and no device of theirs");
}

#[test]
fn every_form_is_sealed_and_erasing_asks_first() {
    for page in every_page() {
        let forms = page.matches("method=\"post\"").count();
        assert_eq!(page.matches("name=\"token\" value=\"the-token\"").count(), forms);
    }
    let who = Who::new("sub_x");
    let page = pages::erase(&desk(), &who, 2, 1, &Speech::new(&Plain("en")));
    assert!(page.contains("type=\"checkbox\"") && page.contains("required"));
}

#[test]
fn a_pseudonym_is_short_and_names_nobody() {
    assert_eq!(Who::new("sub_aaaaaaaaaaaaaaaaaaaaq7f3xz").name(), "Q7F-3XZ");
    assert_eq!(Who::new("sub_a").name(), "A");
}
