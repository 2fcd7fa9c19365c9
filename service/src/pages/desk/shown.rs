//! What a person had on screen: the notice and the messages that a decision names by hash.

use candor_desk::view::{Decided, Shown, Who};
use candor_protocol::{Choice, Content, Decision, DecisionMethod, Notice, Outcome};
use serde_json::Value;

use crate::clock::hex;
use crate::deciding::BEFORE_ERASURE;
use crate::directory::{Site, notice_hash};
use crate::problem::{Kind, Problem};
use crate::secret::sha256;
use crate::state::App;
use crate::store::reads::Received;

/// A kept decision with its outcome and the words it was made under.
pub async fn decided(
    app: &App,
    site: &Site,
    subject: &str,
    received: &Received,
    unmasked: bool,
) -> Result<Decided, Problem> {
    let broken = || Problem::new(Kind::Internal);
    let body: Value = serde_json::from_str(&received.body).map_err(|_| broken())?;
    let outcome: Value = serde_json::from_str(&received.outcome).map_err(|_| broken())?;
    let decision = Decision::read(&body).map_err(|_| broken())?;
    let outcome = Outcome::read(&outcome).map_err(|_| broken())?;
    let published = site.published(&decision.notice);
    let messages = catalogue(app, &decision.served)
        .await?
        .map(|text| around_the_switch(&text, &decision, published.map(|published| &published.notice)));
    let shown = Shown {
        notice: published.map(|published| published.notice.clone()),
        matches: published.is_some_and(|published| notice_hash(&published.body) == decision.notice),
        messages,
    };
    let carried_over = decision.device == BEFORE_ERASURE;
    Ok(Decided {
        who: Who::new(subject),
        carried_over,
        decision,
        outcome,
        received_at: received.received_at,
        shown,
        unmasked,
    })
}

/// The catalogue of this hash: one inside this binary, or one that was inside an earlier one.
async fn catalogue(app: &App, served: &str) -> Result<Option<String>, Problem> {
    let wanted = served.strip_prefix("sha256-").unwrap_or(served).to_owned();
    if wanted.len() >= 8 {
        let bundled = candor_words::LANGUAGES.iter().map(|language| candor_words::bundled_file(language));
        for text in bundled {
            if hex(&sha256(text.as_bytes())).starts_with(&wanted) {
                return Ok(Some(text.to_owned()));
            }
        }
    }
    Ok(app.read(move |view| view.catalogue(&wanted)).await?.map(|(_, text)| text))
}

/// The messages that stood around what was pressed, as that catalogue says them.
fn around_the_switch(catalogue: &str, decision: &Decision, notice: Option<&Notice>) -> Vec<String> {
    let Ok(Value::Object(catalogue)) = serde_json::from_str::<Value>(catalogue) else { return Vec::new() };
    let message = |key: &str| catalogue.get(key).and_then(Value::as_str).map(str::to_owned);
    let Content::Changes(changes) = &decision.content else { return Vec::new() };
    let Some(change) = changes.first() else { return Vec::new() };
    let source = change.control.split_once('/').map_or("", |(_, source)| source);
    let label = notice.and_then(|notice| {
        let label = notice.source(source).map(|source| &source.label);
        label.or_else(|| notice.channel(source).map(|channel| &channel.label))
    });
    let label = label.map_or(source, |label| label.text(&decision.locale));
    let own = |stem: &str| message(&format!("{stem}.{source}")).or_else(|| message(&format!("{stem}.source")));
    let filled = |text: String| {
        let link = message("panel.title").unwrap_or_default();
        text.replace("{source}", label).replace("{link}", &link)
    };
    let granted = change.choice == Choice::Granted;
    let lines = match (decision.method, &change.datum) {
        // The question, both answers, and what was said of changing one's mind.
        (DecisionMethod::Button, None) => {
            vec![message("ask.popular"), own("ask"), own("ask.yes"), message("ask.no"), message("ask.change")]
        }
        (DecisionMethod::Switch | DecisionMethod::Button, Some(_)) => {
            vec![message("evidence.leave"), message(if granted { "evidence.back" } else { "evidence.left" })]
        }
        (DecisionMethod::Switch, None) => vec![
            message("switch.on").zip(message("switch.off")).map(|(on, off)| format!("{on} / {off}")),
            message(if granted { "on.done" } else { "off.done" }),
            message("off.means"),
        ],
        // Made elsewhere: no message of ours stood there.
        _ => Vec::new(),
    };
    lines.into_iter().flatten().map(filled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(method: &str, datum: Option<&str>) -> Decision {
        let mut change = serde_json::json!({"control": "recommendations/orders", "choice": "denied"});
        if let Some(datum) = datum {
            change["datum"] = datum.into();
        }
        Decision::read(&serde_json::json!({
            "id": "01936f2a-0000-7000-8000-000000000001", "device": "d1", "seq": 1, "notice": "sha256-a", "served": "b",
            "locale": "pl", "surface": "storefront", "tier": "wasm", "changes": [change],
            "base": {"epoch": "", "rev": 0}, "method": method, "occurred_at": "2026-11-22T18:00:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn the_words_are_those_of_the_catalogue_and_of_what_was_pressed() {
        let polish = candor_words::bundled_file("pl");
        let value: Value = serde_json::from_str(polish).unwrap();
        let says = |key: &str| value[key].as_str().unwrap().to_owned();
        let switch = around_the_switch(polish, &decision("switch", None), None);
        assert!(switch.contains(&says("off.done")) && switch.contains(&says("off.means")), "{switch:?}");
        let datum = around_the_switch(polish, &decision("switch", Some("22698")), None);
        assert_eq!(datum, [says("evidence.leave"), says("evidence.left")]);
        let asked = around_the_switch(polish, &decision("button", None), None);
        assert!(asked.contains(&says("ask.orders")) && asked.contains(&says("ask.no")), "{asked:?}");
        assert!(asked.iter().all(|line| !line.contains('{')), "{asked:?}");
        assert!(around_the_switch(polish, &decision("signal", None), None).is_empty());
    }
}
