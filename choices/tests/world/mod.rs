//! Decisions and terms in short, for the tests of this crate.
#![allow(dead_code)] // each test file uses a part of it

use candor_choices::{ControlTerms, PublishedNotice, Terms};
use candor_protocol::{
    Base, Binding, Change, Choice, Content, Decision, DecisionMethod, Duration, LegalBasis, Surface, Tier, Timestamp,
};

pub const CONTROL: &str = "recommendations/orders";
pub const EPOCH: &str = "e_E";

pub fn at(ms: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + ms)
}

/// A notice that says `terms` of the one control, in force from `from`.
pub fn notice(hash: &str, from: i64, terms: &str, valid_for: Option<Duration>) -> PublishedNotice {
    PublishedNotice {
        hash: hash.to_owned(),
        from: at(from),
        controls: vec![ControlTerms {
            control: CONTROL.to_owned(),
            hash: terms.to_owned(),
            basis: LegalBasis::Consent,
            gpc: true,
            valid_for,
        }],
    }
}

/// One notice, `N1`, in force from the start.
pub fn terms() -> Terms {
    let mut terms = Terms::new();
    terms.add(notice("N1", 0, "T1", None));
    terms
}

pub fn decision(device: &str, seq: u64, choice: Choice, rev: u64) -> Decision {
    let number: u64 = device.bytes().fold(0, |sum, byte| sum * 31 + u64::from(byte));
    Decision {
        id: format!("01900000-0000-7000-8000-{:06x}{:06x}", number & 0xff_ffff, seq & 0xff_ffff),
        device: device.to_owned(),
        seq,
        notice: "N1".to_owned(),
        served: "sha256-words".to_owned(),
        locale: "en".to_owned(),
        surface: Surface::Storefront,
        tier: Tier::Wasm,
        binds: Binding::Account,
        content: Content::Changes(vec![Change { control: CONTROL.to_owned(), choice, datum: None }]),
        base: Base { epoch: EPOCH.to_owned(), rev },
        method: DecisionMethod::Switch,
        occurred_at: at(0),
    }
}

pub fn grant(device: &str, seq: u64, rev: u64) -> Decision {
    decision(device, seq, Choice::Granted, rev)
}

pub fn deny(device: &str, seq: u64, rev: u64) -> Decision {
    decision(device, seq, Choice::Denied, rev)
}

pub fn about_datum(mut decision: Decision, datum: &str) -> Decision {
    if let Content::Changes(changes) = &mut decision.content {
        changes[0].datum = Some(datum.to_owned());
    }
    decision
}
