//! One line: what it says, or what is wrong with it.

use std::borrow::Cow;

use candor_protocol::limits::ID_BYTES;
use candor_protocol::{
    Base, Binding, Change, Choice, Content, Decision, DecisionMethod, LegalBasis, Surface, Tier, Timestamp, text,
};

use super::sheet::Fields;
use crate::clock::base32;
use crate::deciding::{Imported, uuid};
use crate::directory::Site;
use crate::state::Core;
use crate::token;

/// How far the clock of the old tool may be ahead.
const AHEAD_MS: i64 = 300_000;

/// A line that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    customer: String,
    control: String,
    choice: Choice,
    datum: Option<String>,
    at: Timestamp,
    notice: Option<String>,
    locale: Option<String>,
    channel: Option<String>,
    evidence: Option<String>,
}

macro_rules! faults {
    ($($variant:ident $code:literal $skips:literal $words:literal)*) => {
        /// Why a line is not taken.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fault { Broken(Cow<'static, str>), UnknownControl(String, Vec<String>), $($variant,)* }
        impl Fault {
            /// Stable.
            pub fn code(&self) -> &'static str {
                match self {
                    Fault::Broken(_) => "broken-line",
                    Fault::UnknownControl(..) => "unknown-control",
                    $(Fault::$variant => $code,)*
                }
            }
            /// The line is well formed, but its grant cannot hold.
            pub fn skips(&self) -> bool {
                match self { Fault::Broken(_) | Fault::UnknownControl(..) => false, $(Fault::$variant => $skips,)* }
            }
        }
        impl std::fmt::Display for Fault {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Fault::Broken(what) => f.write_str(what),
                    Fault::UnknownControl(control, known) => {
                        write!(f, "{control} is no control of this site. Use one of: {}.", known.join(", "))
                    }
                    $(Fault::$variant => f.write_str($words),)*
                }
            }
        }
    };
}

faults! {
    NoCustomer "no-customer" false "The customer is missing or longer than 256 bytes. Give the id that the shop's sign-in token has as `sub`."
    NoChoice "unknown-choice" false "The choice is neither granted nor denied. Write one of the two."
    NoTime "unreadable-time" false "The time cannot be read. Write it as 2024-05-31T09:30:00Z."
    InTheFuture "in-the-future" false "The time has not come yet. Give the moment at which the customer chose."
    BadDatum "bad-datum" false "The datum is no id: at most 128 bytes, no spaces or quotes. Give the `ref` that documents use."
    BadLocale "bad-locale" false "The locale is no language tag. Write one such as en or pl-PL."
    Required "required-control" false "This control has no switch: the notice says that it is required."
    NoNotice "no-notice" true "A grant needs the notice it was given under. Publish that notice and put its hash into the column `notice`, or leave the customer to be asked."
    UnknownNotice "unknown-notice" true "This notice was never published here. Publish it, or leave the customer to be asked."
    TermsChanged "terms-changed" true "What the customer agreed to is not what the notice says now. Leave them to be asked."
    TooOld "too-old" true "The grant's time has passed. Leave the customer to be asked."
}

/// Reads a line as the site's notices understand it.
pub fn read(fields: &Fields, site: &Site, now: Timestamp) -> Result<Line, Fault> {
    if let Some(what) = &fields.broken {
        return Err(Fault::Broken(what.clone()));
    }
    let customer = fields.get("customer").filter(|id| id.len() <= token::NAME_BYTES).ok_or(Fault::NoCustomer)?;
    let choice = match fields.get("choice").map(str::to_ascii_lowercase).as_deref() {
        Some("granted") => Choice::Granted,
        Some("denied") => Choice::Denied,
        _ => return Err(Fault::NoChoice),
    };
    let at = fields.get("at").and_then(Timestamp::parse).ok_or(Fault::NoTime)?;
    if at.0 > now.0 + AHEAD_MS {
        return Err(Fault::InTheFuture);
    }
    let datum = fields.get("datum");
    if datum.is_some_and(|datum| !text::is_id(datum)) {
        return Err(Fault::BadDatum);
    }
    if fields.get("locale").is_some_and(|locale| !text::is_id(locale)) {
        return Err(Fault::BadLocale);
    }
    let control = fields.get("control").unwrap_or_default();
    let line = Line {
        customer: customer.to_owned(),
        control: control.to_owned(),
        choice,
        datum: datum.map(str::to_owned),
        at,
        // Of a denial, which needs none, words in place of a hash say nothing that could be looked up.
        notice: fields.get("notice").filter(|notice| text::is_id(notice)).map(str::to_owned),
        locale: fields.get("locale").map(str::to_owned),
        channel: fields.get("channel").map(label),
        evidence: fields.get("evidence").map(label),
    };
    line.check(site, now).map(|()| line)
}

impl Line {
    pub fn denies(&self) -> bool {
        self.choice == Choice::Denied
    }

    /// The line as a decision. Its id comes from what it says, keyed, so that nobody can tell from
    /// it which customer it was.
    pub fn imported(self, core: &Core, site: &str) -> Imported {
        let Line { customer, control, choice, datum, at, notice, locale, channel, evidence } = self;
        let notice = notice.unwrap_or_else(|| "none".into());
        let moment = at.to_string();
        let said = [site, &customer, &control, choice.as_str(), datum.as_deref().unwrap_or_default(), &moment, &notice];
        let hash = core.secret.keyed("import", &said);
        let mut bits = [0u8; 16];
        bits.copy_from_slice(&hash[..16]);
        let decision = Decision {
            id: uuid(at, bits),
            // Of its own: no line follows another, and none is missing.
            device: format!("import-{}", base32(&hash[16..])),
            seq: 1,
            notice,
            served: "none".into(),
            locale: locale.unwrap_or_else(|| "und".into()),
            surface: Surface::Storefront,
            tier: Tier::Server,
            binds: Binding::Account,
            content: Content::Changes(vec![Change { control, choice, datum }]),
            base: Base::default(),
            method: DecisionMethod::Import,
            occurred_at: at,
        };
        Imported { customer: core.customer_hash(site, &customer), decision, channel, evidence }
    }

    fn check(&self, site: &Site, now: Timestamp) -> Result<(), Fault> {
        let published = |notice: &crate::directory::Published| notice.notice.control(&self.control).is_some();
        if !site.notices.iter().any(published) {
            let today = site.notice(now).map(|published| &published.notice.controls);
            let known = today.into_iter().flatten().map(|control| control.id.clone()).collect();
            return Err(Fault::UnknownControl(self.control.chars().take(ID_BYTES).collect(), known));
        }
        let today = site.terms.of(&self.control, now);
        if today.is_some_and(|terms| terms.basis == LegalBasis::Required) {
            return Err(Fault::Required);
        }
        if self.denies() {
            return Ok(());
        }
        let notice = self.notice.as_deref().ok_or(Fault::NoNotice)?;
        site.published(notice).ok_or(Fault::UnknownNotice)?;
        let (Some(then), Some(today)) = (site.terms.under(notice, &self.control), today) else {
            return Err(Fault::TermsChanged);
        };
        if then.hash != today.hash {
            return Err(Fault::TermsChanged);
        }
        if today.valid_for.is_some_and(|span| span.after(self.at) <= now) {
            return Err(Fault::TooOld);
        }
        Ok(())
    }
}

/// Words of the shop: cleaned and cut.
fn label(words: &str) -> String {
    text::clean(words).chars().take(candor_protocol::limits::LABEL_CHARS).collect()
}
