//! The people of the demo. Hanna's and Tomek's past is written by hand; with
//! other orders it is that of a customer found in them.

use crate::language::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// Returns often, and said yes to everything a list could use.
    Hanna,
    /// Polish; bought one baby gift. Nobody ever asked about his returns.
    Tomek,
    /// Nobody knows who she is, and her browser sends Global Privacy Control.
    Nora,
    /// The privacy officer. She does not shop here.
    Amina,
}

/// One past order: the day, what was bought, and what of it came back.
pub struct PastOrder {
    /// `YYYY-MM-DD`.
    pub on: &'static str,
    pub bought: &'static [&'static str],
    pub sent_back: &'static [&'static str],
}

impl Persona {
    pub const ALL: [Persona; 4] = [Persona::Hanna, Persona::Tomek, Persona::Nora, Persona::Amina];

    pub fn id(self) -> &'static str {
        match self {
            Persona::Hanna => "hanna",
            Persona::Tomek => "tomek",
            Persona::Nora => "nora",
            Persona::Amina => "amina",
        }
    }

    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|persona| persona.id() == id)
    }

    pub fn name(self) -> &'static str {
        match self {
            Persona::Hanna => "Hanna",
            Persona::Tomek => "Tomek",
            Persona::Nora => "Nora",
            Persona::Amina => "Amina",
        }
    }

    /// What the picker says about this person.
    pub fn about(self) -> &'static str {
        match self {
            Persona::Hanna => "sends things back often; said yes",
            Persona::Tomek => "Polish; bought one baby gift",
            Persona::Nora => "anonymous; her browser says no",
            Persona::Amina => "the privacy officer",
        }
    }

    pub fn language(self) -> Language {
        match self {
            Persona::Tomek => Language::Polish,
            _ => Language::English,
        }
    }

    /// The shop's customer number; the service never stores it, only a keyed hash.
    pub fn customer(self) -> Option<&'static str> {
        match self {
            Persona::Hanna => Some("hanna"),
            Persona::Tomek => Some("tomek"),
            Persona::Nora | Persona::Amina => None,
        }
    }

    /// The column `CustomerID` of the shop's own orders.
    pub fn own_number(self) -> Option<&'static str> {
        match self {
            Persona::Hanna => Some("20001"),
            Persona::Tomek => Some("20002"),
            Persona::Nora | Persona::Amina => None,
        }
    }

    /// Who stands for this person in UCI Online Retail: ordinary baskets, no wholesaler.
    pub fn retail_number(self) -> Option<&'static str> {
        match self {
            Persona::Hanna => Some("17888"),
            Persona::Tomek => Some("16915"),
            Persona::Nora => Some("14976"),
            Persona::Amina => None,
        }
    }

    /// The sources this person had said yes to before the demo began.
    pub fn granted(self) -> &'static [&'static str] {
        match self {
            Persona::Hanna => &["orders", "returns", "basket"],
            Persona::Tomek => &["orders"],
            Persona::Nora | Persona::Amina => &[],
        }
    }

    /// What lies in the basket when the demo begins.
    pub fn basket(self) -> &'static [&'static str] {
        match self {
            Persona::Hanna => &["3005"],
            Persona::Nora => &["4004", "6001"],
            Persona::Tomek | Persona::Amina => &[],
        }
    }

    pub fn past(self) -> &'static [PastOrder] {
        match self {
            Persona::Hanna => HANNA,
            Persona::Tomek => TOMEK,
            Persona::Nora | Persona::Amina => &[],
        }
    }
}

const HANNA: &[PastOrder] = &[
    PastOrder { on: "2025-12-02", bought: &["1003", "2006"], sent_back: &[] },
    PastOrder { on: "2026-02-10", bought: &["1001", "1007"], sent_back: &["1007"] },
    PastOrder { on: "2026-06-18", bought: &["2003"], sent_back: &[] },
    PastOrder { on: "2026-09-30", bought: &["2009"], sent_back: &["2009"] },
];

const TOMEK: &[PastOrder] = &[
    PastOrder { on: "2026-01-14", bought: &["4001"], sent_back: &[] },
    PastOrder { on: "2026-03-20", bought: &["3004", "3007"], sent_back: &[] },
    PastOrder { on: "2026-05-09", bought: &["3010"], sent_back: &["3010"] },
    PastOrder { on: "2026-09-27", bought: &["5001"], sent_back: &[] },
];

/// What Tomek bought for somebody else's baby.
pub const BABY_GIFT: &str = "5001";
