//! From a form, or from the browser's signal, to a decision.

use candor_card::Signal;
use candor_choices::{signal_changes, told_of};
use candor_protocol::{
    Base, Binding, Change, Choice, Choices, Content, Decision, DecisionMethod, Notice, Surface, Tier, text,
};

use super::customer::{Customer, DEVICE};
use crate::acts::Viewer;
use crate::clock::hex;
use crate::deciding::{Incoming, Session, SignedIn};
use crate::people::parsed;
use crate::problem::{Kind, Problem};
use crate::secret::sha256;
use crate::state::App;

impl Customer {
    /// Takes what a form sent and makes the decision.
    pub async fn decide(&self, app: &App, fields: &[(String, String)], surface: Surface) -> Result<(), Problem> {
        let changes = changes(fields).ok_or_else(|| Problem::because(Kind::Malformed, "The form names no choice."))?;
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let known = |name: &str| field(name).filter(|value| text::is_id(value)).unwrap_or_default().to_owned();
        let subject = self.subject(app).await?;
        in_turn(app, &subject, &changes)?;
        let denied = self.by_signal(app, |choices, notice| told_of(choices, notice, &changes));
        let grants = changes.iter().any(|change| change.choice == Choice::Granted);
        let mut decision = Decision {
            notice: known("notice"),
            surface,
            base: Base { epoch: known("epoch"), rev: field("rev").and_then(|rev| rev.parse().ok()).unwrap_or(0) },
            ..self.decision(app, &subject, changes, DecisionMethod::Switch).await?
        };
        if grants {
            // An old page may be sent after a newer one, from here or from another browser, and numbers are given on
            // arrival: what a yes has seen is what was on screen, and nothing else.
            (decision.device, decision.seq) = (of_one_form(app), 1);
        }
        let mut sent = Vec::new();
        if !denied.is_empty() {
            let signal = Decision {
                id: fresh_uuid(app),
                content: Content::Changes(denied),
                base: self.choices(app).base(),
                method: DecisionMethod::Signal,
                ..decision.clone()
            };
            sent.push(Incoming::made(signal));
            // One number later it has seen the signal's. Its base stays what was on screen: whoever knows of
            // the signal has not seen another device's refusal by that.
            decision.seq += 1;
        }
        sent.push(Incoming::made(decision));
        self.send(app, &subject, sent).await
    }

    /// Global Privacy Control switches off what is on, before anything is drawn; once.
    pub async fn obey_signal(&mut self, app: &App) {
        let denied = self.by_signal(app, signal_changes);
        // Where it cannot be recorded just now the page is drawn as if it had been; the next one tries again.
        if !denied.is_empty() && self.record_signal(app, denied.clone()).await.is_err() {
            self.unrecorded = denied;
        }
    }

    async fn record_signal(&mut self, app: &App, denied: Vec<Change>) -> Result<(), Problem> {
        let Some(subject) = self.person.as_ref().map(|person| person.id.clone()) else { return Ok(()) };
        in_turn(app, &subject, &denied)?;
        let mut decision = self.decision(app, &subject, Vec::new(), DecisionMethod::Signal).await?;
        let mut sent = Vec::new();
        for some in denied.chunks(candor_protocol::limits::CHANGES) {
            let (id, content) = (fresh_uuid(app), Content::Changes(some.to_vec()));
            sent.push(Incoming::made(Decision { id, content, ..decision.clone() }));
            decision.seq += 1;
        }
        self.send(app, &subject, sent).await?;
        self.person = app.person(&self.site.id, &subject).await?;
        Ok(())
    }

    /// What the signal denies; nothing where the browser sends none.
    fn by_signal(&self, app: &App, denied: impl Fn(&Choices, &Notice) -> Vec<Change>) -> Vec<Change> {
        let published = self.site.notice(app.now()).filter(|_| self.signal == Signal::Browser);
        published.map(|published| denied(&self.choices(app), &published.notice)).unwrap_or_default()
    }

    /// A decision made on these pages, under the next number and what is in force now.
    async fn decision(
        &self,
        app: &App,
        subject: &str,
        changes: Vec<Change>,
        method: DecisionMethod,
    ) -> Result<Decision, Problem> {
        let (id, now) = (subject.to_owned(), app.now());
        let rows = app.read(move |view| view.decisions_of(&id)).await?;
        let kept = rows.iter().filter_map(|row| parsed(row).ok());
        let own = kept.filter(|(decision, _)| decision.device == DEVICE);
        let last = own.map(|(decision, _)| decision.seq).max();
        Ok(Decision {
            id: fresh_uuid(app),
            device: DEVICE.to_owned(),
            seq: last.unwrap_or(0) + 1,
            notice: self.site.notice(now).map(|published| published.hash.clone()).unwrap_or_default(),
            served: hex(&sha256(candor_words::bundled_file(self.anyone.language()).as_bytes())),
            locale: self.anyone.language().to_owned(),
            surface: Surface::Storefront,
            tier: Tier::Html,
            binds: Binding::Account,
            content: Content::Changes(changes),
            base: self.choices(app).base(),
            method,
            occurred_at: now,
        })
    }

    async fn send(&self, app: &App, subject: &str, decisions: Vec<Incoming>) -> Result<(), Problem> {
        if decisions.iter().any(|one| matches!(one, Incoming::Faulty { .. })) {
            return Err(Problem::because(Kind::Malformed, "The form names no choice that can be kept."));
        }
        let viewer = Viewer { subject, device: None };
        app.decide(self.site.clone(), viewer, false, decisions).await.map(|_| ())
    }

    /// The person's subject; a customer the shop signed in gets one now.
    async fn subject(&self, app: &App) -> Result<String, Problem> {
        if let Some(person) = &self.person {
            return Ok(person.id.clone());
        }
        let Some(customer) = self.holder().strip_prefix("shop:") else {
            return Err(Problem::new(Kind::UnknownSubject));
        };
        let mut token = [0; 32];
        app.chance.fill(&mut token);
        let signed_in = SignedIn { customer: app.customer_hash(&self.site.id, customer), token, until: app.now() };
        let session = Session {
            core: app.core(),
            site: self.site.clone(),
            device: DEVICE.to_owned(),
            signed_in: Some(signed_in),
            anonymous: None,
        };
        app.writer.ask(session).await.map(|(subject, _, _)| subject)
    }
}

fn in_turn(app: &App, subject: &str, changes: &[Change]) -> Result<(), Problem> {
    let denies = changes.iter().any(|change| change.choice == Choice::Denied);
    let cost = if denies { u32::try_from(changes.len()).unwrap_or(u32::MAX) } else { 1 };
    app.limits.take_of_person(subject, denies, cost, app.now())
}

/// A device of its own for what one form sends.
fn of_one_form(app: &App) -> String {
    let mut bytes = [0; 16];
    app.chance.fill(&mut bytes);
    [DEVICE, "-", &hex(&bytes)].concat()
}

/// `control` and `choice`, perhaps with `datum`; or `change` once per control.
fn changes(fields: &[(String, String)]) -> Option<Vec<Change>> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let change = |control: &str, choice: &str, datum: Option<&str>| {
        let fits = text::is_id(control) && datum.is_none_or(text::is_id);
        let choice = Choice::parse(choice).filter(|_| fits)?;
        Some(Change { control: control.to_owned(), choice, datum: datum.map(str::to_owned) })
    };
    if let (Some(control), Some(choice)) = (field("control"), field("choice")) {
        return Some(vec![change(control, choice, field("datum"))?]);
    }
    let several = fields.iter().filter(|(name, _)| name == "change");
    let changes: Option<Vec<_>> = several
        .map(|(_, value)| value.rsplit_once('=').and_then(|(control, choice)| change(control, choice, None)))
        .collect();
    changes.filter(|changes| !changes.is_empty() && changes.len() <= candor_protocol::limits::CHANGES)
}

/// A UUID version 7 (RFC 9562, 5.7).
fn fresh_uuid(app: &App) -> String {
    let mut bytes = [0u8; 16];
    app.chance.fill(&mut bytes);
    bytes[..6].copy_from_slice(&app.now().0.to_be_bytes()[2..]);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let digits = hex(&bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_is_one_change_or_several_or_refused() {
        let one = changes(&fields(&[("control", "recommendations/orders"), ("choice", "denied"), ("datum", "22698")]));
        assert_eq!(one.unwrap()[0].datum.as_deref(), Some("22698"));
        let two = changes(&fields(&[("change", "a/b=denied"), ("change", "a/c=granted")])).unwrap();
        assert_eq!((two[0].choice, two[1].control.as_str()), (Choice::Denied, "a/c"));
        for bad in [&[("control", "a/b")][..], &[("control", "a b"), ("choice", "denied")], &[("change", "a/b=unset")]]
        {
            assert_eq!(changes(&fields(bad)), None, "{bad:?}");
        }
    }
}
