//! A day of a small shop: set up, people who come, decide, take back, are imported and erased, a
//! checkpoint, a restart, a backup.

use candor_protocol::Timestamp;
use candor_service::clock::fresh_id;
use candor_service::directory::notice_hash;
use candor_service::store::Change;
use candor_service::store::post::Posting;
use serde_json::{Value, json};

use crate::act::{Act, Someone, What};
use crate::house::{Counted, HS256, ORIGIN, SITE, SK, Still};
use crate::ledger::decision;
use crate::play::Play;
use candor_service::clock::Clock;

/// Lines of the one import.
pub const IMPORTED: u64 = 6;

const ORDERS: &str = "recommendations/orders";
const RETURNS: &str = "recommendations/returns";

/// Plays all of it; the disk may fail at any point.
pub async fn run(play: &mut Play) -> Result<(), String> {
    play.open().await?;
    let at = Still.now();
    let notice = notice();
    let hash = notice_hash(&notice);
    let secret = |play: &Play, label: &str, key: &str| play.house().app.secret.keyed(label, &[key]);
    let site = vec![
        Change::Site { id: SITE.into(), name: "Shop".into(), origins: vec![ORIGIN.into()], at },
        Change::SecretKey { site: SITE.into(), hash: secret(play, "secret-key", SK), reference: false, at },
        Change::TokenKey { site: SITE.into(), alg: "HS256".into(), key: HS256.to_vec(), at },
        Change::Post(Posting::Endpoint {
            id: "wh_1".into(),
            site: SITE.into(),
            url: "https://shop.example/hook".into(),
            at,
        }),
    ];
    play.one(act("a site is made", What::Write(site))).await?;
    let published = Change::Notice { site: SITE.into(), hash: hash.clone(), body: notice, at };
    play.one(act("a notice is published", What::Write(vec![published]))).await?;

    let hanna = sign_in(play, "hanna signs in", "hanna", "d1").await?;
    let tomek = sign_in(play, "tomek signs in", "tomek", "d3").await?;
    let epoch = play.house().app.epoch().to_owned();
    let grant = decision(1, "d1", 1, (&epoch, 0), &hash, set(ORDERS, "granted"));
    play.one(decide("a grant", &hanna, &[&grant])).await?;

    let doc = document(&hanna, &epoch, &hash, at);
    let mut canary = decision(3, "d3", 1, (&epoch, 0), &hash, set(ORDERS, "granted"));
    canary["served"] = "canary-of-tomek".into();
    play.together(vec![
        decide("a denial, with others", &hanna, &[&decision(2, "d1", 2, (&epoch, 1), &hash, set(RETURNS, "denied"))]),
        decide("a grant, with others", &tomek, &[&canary]),
        act("someone new, with others", What::SignIn { customer: "lena", device: "d4" }),
        act("a document, with others", What::Put(doc.clone())),
    ])
    .await?;
    play.one(decide("the same decision again", &hanna, &[&grant])).await?;
    let out =
        decision(4, "d1", 3, (&epoch, 2), &hash, json!([{"control": ORDERS, "choice": "denied", "datum": "datum-9"}]));
    play.one(decide("a datum is left out", &hanna, &[&out])).await?;
    let elsewhere = sign_in(play, "hanna signs in elsewhere", "hanna", "d2").await?;
    let late = decision(5, "d2", 1, (&epoch, 1), &hash, set(RETURNS, "granted"));
    play.one(decide("a grant that had not seen the denial", &elsewhere, &[&late])).await?;
    let recommendation = doc["id"].as_str().unwrap_or_default().to_owned();
    play.one(act("a report", What::Feedback { who: hanna.clone(), recommendation })).await?;
    let refused = What::Evaluate { subject: hanna.subject.clone(), source: "returns" };
    play.one(act("a refused read", refused)).await?;
    play.one(act("a checkpoint", What::Checkpoint)).await?;
    play.one(decide(
        "after the checkpoint",
        &hanna,
        &[&decision(6, "d1", 4, (&epoch, 3), &hash, set("marketing/email", "denied"))],
    ))
    .await?;

    play.restart().await?;
    // Nobody is in memory now: the writer reads them within the group.
    play.together(vec![
        decide(
            "a denial after the restart, with others",
            &tomek,
            &[&decision(7, "d3", 2, (&epoch, 1), &hash, set(RETURNS, "denied"))],
        ),
        act("an import, with others", What::Import(lines(&hash))),
        decide(
            "two at once, with others",
            &hanna,
            &[
                &decision(8, "d1", 5, (&epoch, 4), &hash, set(ORDERS, "denied")),
                &decision(9, "d1", 6, (&epoch, 4), &hash, set("marketing/email", "granted")),
            ],
        ),
        act("someone new after the restart, with others", What::SignIn { customer: "olga", device: "d5" }),
    ])
    .await?;
    play.one(act("their choices", What::Read { who: hanna.clone(), path: "/v1/choices" })).await?;
    play.one(act("their history", What::Read { who: hanna.clone(), path: "/v1/history" })).await?;
    play.one(act("an erasure", What::Erase(tomek))).await?;
    play.one(decide(
        "after the erasure",
        &hanna,
        &[&decision(10, "d1", 7, (&epoch, 6), &hash, set(ORDERS, "granted"))],
    ))
    .await?;
    play.one(act("ready", What::Ready)).await?;
    play.one(act("a backup", What::Backup(play.folder().join("backup.db")))).await?;
    play.restart().await?;
    play.one(decide("the same decision after another restart", &hanna, &[&grant])).await?;
    play.one(act("their history in the end", What::Read { who: hanna, path: "/v1/history" })).await?;
    play.end().await
}

async fn sign_in(
    play: &mut Play,
    name: &'static str,
    customer: &'static str,
    device: &'static str,
) -> Result<Someone, String> {
    let whole = play.one(act(name, What::SignIn { customer, device })).await?;
    let text = |name: &str| whole[name].as_str().unwrap_or_default().to_owned();
    Ok(Someone { subject: text("subject"), capability: text("capability") })
}

fn act(name: &'static str, what: What) -> Act {
    Act { name, what }
}

fn decide(name: &'static str, who: &Someone, decisions: &[&Value]) -> Act {
    act(name, What::Decide { who: who.clone(), decisions: json!(decisions) })
}

fn set(control: &str, choice: &str) -> Value {
    json!([{"control": control, "choice": choice}])
}

/// Denials of three customers, and a grant of three others.
fn lines(notice: &str) -> Vec<(&'static str, Value)> {
    let line = |(n, customer): (u64, &'static str)| {
        let choice = if n % 2 == 0 { "denied" } else { "granted" };
        let mut line = decision(100 + n, &format!("import-{n}"), 1, ("", 0), notice, set(ORDERS, choice));
        line["method"] = "import".into();
        line["tier"] = "server".into();
        line["base"] = json!({"epoch": "e_none", "rev": 0});
        (customer, line)
    };
    (0..).zip(["ada", "bea", "cleo", "dora", "emma", "fay"]).map(line).collect()
}

fn document(who: &Someone, epoch: &str, notice: &str, at: Timestamp) -> Value {
    json!({
        "version": 1, "id": fresh_id(&Counted::default(), "rec_"), "site": SITE, "surface": "storefront",
        "made_at": at, "expires_at": at.plus_hours(12), "subject": who.subject, "base": {"epoch": epoch, "rev": 1},
        "notice": notice, "inputs": "inputs-1", "limit": 1, "method": "additive",
        "factors": [
            {"id": "orders", "kind": "personal", "control": ORDERS},
            {"id": "popularity", "kind": "general"},
        ],
        "items": {"a": {"title": "Apron"}, "b": {"title": "Bowl"}}, "shown": ["a"],
        "candidates": [
            {"item": "a", "score": 0.75, "contributions": [0.5, 0.25], "evidence": [{"factor": 0, "ref": "datum-1", "weight": 0.5}]},
            {"item": "b", "score": 0.375, "contributions": [0.0, 0.375], "evidence": []},
        ],
        "model": {"id": "m", "name": "Test", "version": "1", "kind": "item-item"}
    })
}

fn notice() -> String {
    let text = |words: &str| json!({"en": words});
    let source = |id: &str| {
        json!({"id": id, "label": text(id), "text": text("what it is"), "kept_for": text("delivery"),
            "origin": text("the shop"), "retention": text("two years"), "recipients": text("nobody")})
    };
    let control = |id: &str| json!({"id": id, "legal_basis": "consent", "gpc": true, "valid_for": "P12M"});
    json!({
        "version": 1, "site": SITE, "controller": "The Shop",
        "purposes": [
            {"id": "recommendations", "label": text("Picks"), "text": text("to choose products")},
            {"id": "marketing", "label": text("Marketing"), "text": text("to write to you")}
        ],
        "sources": [source("orders"), source("returns")],
        "channels": [{"id": "email", "label": text("Email"), "text": text("letters")}],
        "controls": [control(ORDERS), control(RETURNS), control("marketing/email")],
        "valid_from": "2026-01-01T00:00:00Z", "reask_after": "P12M", "document_retention": "PT24H",
        "decision_retention": "P3Y"
    })
    .to_string()
}
