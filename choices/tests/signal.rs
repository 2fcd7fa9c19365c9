//! Global Privacy Control: what it switches off, and what has to be said before a grant.

use candor_choices::{signal_changes, signal_ends, told_of};
use candor_protocol::{Change, Choice, Choices, Control, Notice, Standing};

const NOTICE: &str = include_str!("../../protocol/examples/notice.json");
const ORDERS: &str = "recommendations/orders";
const REQUIRED: &str = "delivery/orders";

/// The example, which also marks what is required.
fn notice() -> Notice {
    let mut value: serde_json::Value = serde_json::from_str(NOTICE).expect("JSON");
    for control in value["controls"].as_array_mut().expect("a list") {
        if control["id"] == REQUIRED {
            control["gpc"] = true.into();
        }
    }
    Notice::read(&value).expect("a notice")
}

fn at(id: &str, choice: Standing) -> Control {
    Control { choice, ..Control::unset(id) }
}

fn choices(control: Control) -> Choices {
    Choices { controls: vec![control], ..Choices::default() }
}

#[test]
fn the_signal_switches_off_what_is_on_where_it_is_marked_and_nobody_knew_of_it() {
    let notice = notice();
    let ended = |control: Control| -> bool {
        let (id, choices) = (control.id.clone(), choices(control));
        let changes = signal_changes(&choices, &notice);
        assert!(changes.iter().all(|change| change.choice == Choice::Denied && change.datum.is_none()));
        let ids: Vec<_> = changes.into_iter().map(|change| change.control).collect();
        let ends = notice.control(&id).is_some_and(|control| signal_ends(control, &choices));
        assert_eq!(ids, if ends { vec![id] } else { Vec::new() });
        ends
    };
    assert!(ended(at(ORDERS, Standing::Granted)));
    assert!(!ended(at(ORDERS, Standing::Denied)) && !ended(at(ORDERS, Standing::Unset)));
    assert!(!ended(Control { despite_signal: true, ..at(ORDERS, Standing::Granted) }), "they knew of it");
    assert!(!ended(at("marketing/letters", Standing::Granted)), "the notice has no such control");
    assert!(!ended(at(REQUIRED, Standing::Granted)), "what is required has no switch");
    assert_eq!(signal_changes(&Choices::default(), &notice), [], "nothing is on");
}

#[test]
fn before_a_grant_the_signal_is_said_once_and_only_where_it_speaks() {
    let notice = notice();
    let change = |control: &str, choice| Change { control: control.to_owned(), choice, datum: None };
    let grant = |control: &str| change(control, Choice::Granted);
    let said = |known: &Choices, changes: &[Change]| told_of(known, &notice, changes);
    let nothing = Choices::default();
    assert_eq!(said(&nothing, &[grant(ORDERS)]), [change(ORDERS, Choice::Denied)]);
    let datum = Change { datum: Some("order-1".into()), ..grant(ORDERS) };
    let silent = [change(ORDERS, Choice::Denied), datum, grant(REQUIRED), grant("recommendations/secrets")];
    assert_eq!(said(&nothing, &silent), []);
    let known = |by_signal, despite_signal| choices(Control { by_signal, despite_signal, ..Control::unset(ORDERS) });
    assert_eq!(said(&known(true, false), &[grant(ORDERS)]), []);
    assert_eq!(said(&known(false, true), &[grant(ORDERS)]), []);
    assert_eq!(
        said(&choices(at(ORDERS, Standing::Denied)), &[grant(ORDERS)]).len(),
        1,
        "their own no told them nothing"
    );
}
