//! "About this recommendation": the system behind it, in the shop's own statements.

use candor_protocol::Explanation;
use candor_words::{Key, Words};

use crate::{About, Fact, WhyInput};

pub(crate) fn about(input: &WhyInput, doc: &Explanation, words: &Words<'_>) -> About {
    let model = &doc.model;
    let date = |at| words.locale.date(at);
    let fact = |key, value: &str, url: Option<&String>| Fact {
        label: words.plain(key),
        value: value.to_owned(),
        url: url.cloned(),
    };
    let mut facts = vec![fact(Key::AboutModel, &model.name, None), fact(Key::AboutVersion, &model.version, None)];
    if let Some(kind) = kind_key(&model.kind) {
        facts.push(fact(Key::AboutKind, &words.plain(kind), None));
    }
    let mut maybe = |key, value: Option<&str>| {
        if let Some(value) = value {
            facts.push(fact(key, value, None));
        }
    };
    maybe(Key::AboutProvider, model.provider.as_deref());
    maybe(Key::AboutTrainedOn, model.trained_on.as_deref());
    maybe(Key::AboutTrainedAt, model.trained_at.map(date).as_deref());
    maybe(Key::AboutRebuilt, model.rebuilt.as_deref());
    if let Some(audit) = &model.audit {
        let value = [date(audit.at), audit.result.clone()].join(" · ");
        facts.push(fact(Key::AboutAudit, &value, audit.url.as_ref()));
    }
    if let Some(oversight) = &doc.oversight {
        facts.push(fact(Key::AboutAccountable, &oversight.accountable, None));
        if let Some(contact) = &oversight.contact {
            facts.push(fact(Key::AboutContact, contact, None));
        }
    }
    facts.push(fact(Key::AboutMade, &date(doc.made_at), None));
    let stated = match (&input.notice, doc.stated_never_used.is_empty()) {
        (Some(notice), true) => &notice.stated_never_used,
        _ => &doc.stated_never_used,
    };
    let never: Vec<String> = stated.iter().map(|name| never_name(name, words)).collect();
    About {
        title: words.plain(Key::AboutTitle),
        facts,
        statement: (!never.is_empty()).then(|| words.say(Key::AboutNever, &[("list", &words.locale.list(&never))])),
    }
}

fn kind_key(kind: &str) -> Option<Key> {
    Some(match kind {
        "item-item" => Key::KindItemItem,
        "trees" => Key::KindTrees,
        "factorisation" => Key::KindFactorisation,
        "rules" => Key::KindRules,
        "llm" => Key::KindLlm,
        _ => return None,
    })
}

/// The common ones in the language; a shop's own word as it is.
fn never_name(name: &str, words: &Words<'_>) -> String {
    let key = match name {
        "age" => Key::NeverAge,
        "gender" => Key::NeverGender,
        "health" => Key::NeverHealth,
        "religion" => Key::NeverReligion,
        "ethnicity" => Key::NeverEthnicity,
        "sexuality" => Key::NeverSexuality,
        "politics" => Key::NeverPolitics,
        "income" => Key::NeverIncome,
        "location" => Key::NeverLocation,
        _ => return name.to_owned(),
    };
    words.plain(key)
}
