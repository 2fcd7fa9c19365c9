//! Not knowing is no.

use candor_choices::{Terms, allowed, terms_of};
use candor_protocol::{Choices, Control, Notice, Standing, Timestamp};

const NOTICE: &str = include_str!("../../protocol/examples/notice.json");

fn notice(edit: impl Fn(&mut serde_json::Value)) -> Notice {
    let mut value = serde_json::from_str(NOTICE).expect("JSON");
    edit(&mut value);
    Notice::read(&value).expect("a notice")
}

fn choices(id: &str, choice: Standing) -> Choices {
    Choices { controls: vec![Control { choice, ..Control::unset(id) }], ..Choices::default() }
}

#[test]
fn under_consent_only_a_grant_allows() {
    let notice = notice(|_| {});
    for (choice, is_allowed) in [(Standing::Granted, true), (Standing::Denied, false), (Standing::Unset, false)] {
        let choices = choices("recommendations/orders", choice);
        assert_eq!(allowed(&choices, &notice, "recommendations", "orders"), is_allowed, "{choice:?}");
    }
    assert!(!allowed(&Choices::default(), &notice, "recommendations", "orders"));
}

#[test]
fn what_the_notice_has_not_is_never_allowed() {
    let choices = choices("recommendations/secrets", Standing::Granted);
    assert!(!allowed(&choices, &notice(|_| {}), "recommendations", "secrets"));
    assert!(!allowed(&choices, &notice(|_| {}), "recommendations/orders", ""));
}

#[test]
fn what_is_required_has_no_switch() {
    assert!(allowed(&choices("delivery/orders", Standing::Denied), &notice(|_| {}), "delivery", "orders"));
}

#[test]
fn an_interest_needs_a_positive_read() {
    let notice = notice(|value| {
        value["controls"][0]["legal_basis"] = "legitimate-interest".into();
        value["controls"][0]["because"] = serde_json::json!({ "en": "Assessment 7." });
    });
    assert!(!allowed(&Choices::default(), &notice, "recommendations", "orders"));
    assert!(allowed(&choices("recommendations/orders", Standing::Granted), &notice, "recommendations", "orders"));
}

#[test]
fn terms_change_with_what_a_person_agreed_to_and_with_nothing_else() {
    let control = "recommendations/orders";
    let before = terms_of(control, &notice(|_| {}));
    let same: [fn(&mut serde_json::Value); 3] = [
        |value| value["version"] = 2.into(),
        |value| value["sources"][0]["label"]["en"] = "What you bought".into(),
        |value| value["channels"][0]["text"]["en"] = "To you.".into(),
    ];
    for edit in same {
        assert_eq!(terms_of(control, &notice(edit)), before);
    }
    let changed: [fn(&mut serde_json::Value); 6] = [
        |value| value["controller"] = "Another Shop".into(),
        |value| value["purposes"][0]["text"]["pl"] = "Do wszystkiego.".into(),
        |value| value["sources"][0]["recipients"]["en"] = "Brand X.".into(),
        |value| value["sources"][0]["origin"]["en"] = "Bought from others.".into(),
        |value| value["sources"][0]["retention"]["en"] = "For ever.".into(),
        |value| {
            value["controls"][0]["legal_basis"] = "legitimate-interest".into();
            value["controls"][0]["because"] = serde_json::json!({ "en": "Assessment 7." });
        },
    ];
    for edit in changed {
        assert_ne!(terms_of(control, &notice(edit)), before);
    }
    assert_eq!(terms_of("recommendations/nothing", &notice(|_| {})), "");
}

#[test]
fn the_last_published_notice_whose_time_has_come_is_in_force() {
    let mut terms = Terms::new();
    let digest = |text: &str| text.len().to_string();
    terms.publish("later", Timestamp(20), &notice(|_| {}), digest);
    terms.publish("first", Timestamp(10), &notice(|_| {}), digest);
    let hash = |at| terms.in_force(Timestamp(at)).map(|notice| notice.hash.as_str());
    assert_eq!((hash(9), hash(10), hash(19), hash(20)), (None, Some("first"), Some("first"), Some("later")));
    assert!(terms.under("later", "marketing/email").is_some_and(|terms| terms.gpc));
    assert!(terms.of("marketing/email", Timestamp(9)).is_none());
}
