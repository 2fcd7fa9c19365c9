//! One person's list, and every state a card can be in. Shared by the tests and the gallery.
#![allow(dead_code)]

pub mod locale;
pub mod reading;

use std::sync::Arc;

use candor_card::*;
use candor_protocol::{
    Change, Choice, Choices, Control, DecisionMethod, Explanation, Notice, Obstacle, Place, Standing, Surface,
    Timestamp,
};
use serde_json::{Value, json};

pub const ORDERS: &str = "recommendations/orders";
pub const BASKET: &str = "recommendations/basket";
pub const RETURNS: &str = "recommendations/returns";

const TITLES: [(&str, &str, &str); 12] = [
    ("cup", "Green Regency Teacup", "3.25"),
    ("pot", "Green Regency Teapot", "12.75"),
    ("plate", "Rose Cake Stand", "24.95"),
    ("jam", "Set of Three Jam Jars", "5.95"),
    ("bag", "Lunch Bag, Woodland", "4.15"),
    ("lamp", "Star Lantern", "9.95"),
    ("clock", "Kitchen Clock", "18.50"),
    ("mug", "Plain Enamel Mug", "6.95"),
    ("rug", "Striped Cotton Rug", "29.00"),
    ("bear", "Baby’s First Bear", "11.50"),
    ("tin", "Cake Tin, Polka Dot", "7.95"),
    ("towel", "Linen Tea Towel", "8.50"),
];

/// What each candidate rests on: orders' evidence, the rest of the orders, returns, basket, popularity.
type Line = (&'static str, &'static [(&'static str, f64)], f64, f64, f64, f64);
const LINES: [Line; 9] = [
    ("pot", &[("cup", 0.375), ("tin", 0.0625)], 0.03125, 0.0, 0.0, 0.0625),
    ("plate", &[("cup", 0.125), ("tin", 0.1875)], 0.03125, -0.03125, 0.0, 0.03125),
    ("jam", &[], 0.0, 0.0, 0.25, 0.0625),
    ("lamp", &[("bear", 0.1875)], 0.03125, 0.0, 0.0, 0.0625),
    ("bag", &[("bear", 0.15625)], 0.0, 0.0, 0.0, 0.109375),
    ("mug", &[], 0.0, 0.0, 0.0, 0.21875),
    ("clock", &[], 0.0, 0.0, 0.0, 0.203125),
    ("towel", &[], 0.0, 0.0, 0.03125, 0.15625),
    ("rug", &[("tin", 0.015625)], 0.0, 0.0, 0.0, 0.15625),
];

/// Rests on orders, returns, basket and popularity; five places.
pub fn orders_document() -> Value {
    let candidates: Vec<Value> = LINES
        .iter()
        .map(|(item, evidence, rest, returns, basket, popular)| {
            let orders = evidence.iter().map(|(_, weight)| weight).sum::<f64>() + rest;
            let mut listed: Vec<Value> = evidence
                .iter()
                .map(|(datum, weight)| json!({"factor": 0, "ref": datum, "item": datum, "weight": weight}))
                .collect();
            if *basket != 0.0 {
                listed.push(json!({"factor": 2, "ref": "towel", "item": "towel", "weight": basket}));
            }
            if *returns != 0.0 {
                listed.push(json!({"factor": 1, "ref": "rug", "item": "rug", "weight": returns}));
            }
            let mut line = json!({"item": item, "score": orders + returns + basket + popular,
                "contributions": [orders, returns, basket, popular], "evidence": listed});
            if *rest != 0.0 {
                line["evidence_rest"] = json!([{"factor": 0, "count": 4, "weight": rest}]);
            }
            line
        })
        .collect();
    let mut document = base(candidates);
    document["factors"] = json!([
        {"id": "orders", "kind": "personal", "control": ORDERS},
        {"id": "returns", "kind": "personal", "control": RETURNS},
        {"id": "basket", "kind": "personal", "control": BASKET},
        {"id": "popularity", "kind": "general"},
    ]);
    document["not_used"] = json!([{"id": "views", "why": "never"}]);
    document
}

/// The same shop, popularity alone.
pub fn popular_document(not_used: Value) -> Value {
    let candidates =
        LINES.iter().map(|line| json!({"item": line.0, "score": line.5, "contributions": [line.5]})).collect();
    let mut document = base(candidates);
    document["factors"] = json!([{"id": "popularity", "kind": "general"}]);
    document["not_used"] = not_used;
    document
}

/// The page's product alone, the same for everyone.
pub fn product_document() -> Value {
    let line = |line: &Line| {
        json!({"item": line.0, "score": line.5 + line.1.len() as f64,
        "contributions": [line.1.len() as f64, line.5]})
    };
    let mut document = base(LINES.iter().map(line).collect());
    document["factors"] = json!([{"id": "page", "kind": "context"}, {"id": "popularity", "kind": "general"}]);
    document["not_used"] = json!([{"id": "orders", "why": "unset"}]);
    document
}

/// An anonymous visitor's basket.
pub fn basket_document() -> Value {
    let mut document = orders_document();
    document["factors"] =
        json!([{"id": "basket", "kind": "personal", "control": BASKET}, {"id": "popularity", "kind": "general"}]);
    document["not_used"] = json!([]);
    let keep = |line: &Line| {
        let basket = line.4 * 4.0 + if line.0 == "pot" { 1.0 } else { 0.0 };
        let mut out = json!({"item": line.0, "score": basket + line.5, "contributions": [basket, line.5]});
        if basket != 0.0 {
            out["evidence"] = json!([{"factor": 0, "ref": "cup", "item": "cup", "weight": basket}]);
        }
        out
    };
    document["candidates"] = LINES.iter().map(keep).collect();
    list(&mut document);
    document
}

/// Brand X pays for the first place.
pub fn ad_document() -> Value {
    let mut document = popular_document(json!([]));
    document["factors"] = json!([{"id": "popularity", "kind": "general"}, {"id": "sponsored", "kind": "commercial", "paid_by": "Brand X"}]);
    for candidate in document["candidates"].as_array_mut().unwrap() {
        let paid = if candidate["item"] == "lamp" { 0.5 } else { 0.0 };
        candidate["contributions"].as_array_mut().unwrap().push(json!(paid));
        candidate["score"] = json!(candidate["score"].as_f64().unwrap() + paid);
    }
    list(&mut document);
    document
}

/// Words from the shop, no numbers.
pub fn reason_document() -> Value {
    let mut document = orders_document();
    document["method"] = json!("reason");
    document["wording"] = json!({"text": {"en": "Picked to match your last order."}, "by": "model"});
    for candidate in document["candidates"].as_array_mut().unwrap() {
        *candidate = json!({"item": candidate["item"]});
    }
    document
}

/// The numbers do not add up.
pub fn broken_document() -> Value {
    let mut document = orders_document();
    document["candidates"][0]["score"] = json!(9.0);
    document
}

fn base(candidates: Vec<Value>) -> Value {
    let items: serde_json::Map<String, Value> = TITLES
        .iter()
        .map(|(id, title, price)| {
            let item =
                json!({"title": title, "url": format!("/product/{id}"), "price": {"amount": price, "currency": "GBP"}});
            (id.to_string(), item)
        })
        .collect();
    let mut document = json!({
        "version": 1, "id": "rec_00000000000000000000000000", "site": "pk_demo", "surface": "storefront",
        "made_at": "2026-11-22T18:00:00Z", "expires_at": "2026-11-23T18:00:00Z", "subject": "sub_1",
        "base": {"epoch": "e_1", "rev": 3}, "notice": "sha256-00", "inputs": "i", "limit": 5, "method": "additive",
        "factors": [], "items": items, "shown": [], "candidates": candidates,
        "model": {"id": "ease", "name": "Candor reference recommender", "version": "0.1.0", "kind": "item-item",
            "trained_on": "Orders of the last year, without names", "trained_at": "2026-11-20T00:00:00Z",
            "rebuilt": "Every night", "audit": {"at": "2026-10-01T00:00:00Z", "result": "No group saw worse picks"}},
        "oversight": {"accountable": "Larch & Ladle, product team", "contact": "picks@shop.example", "defer": false},
    });
    list(&mut document);
    document
}

/// The list is the document's own top.
fn list(document: &mut Value) {
    let mut order: Vec<(f64, String)> = document["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["score"].as_f64().unwrap(), line["item"].as_str().unwrap().to_owned()))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    document["shown"] = order.iter().take(5).map(|(_, item)| json!(item)).collect();
}

pub fn read(document: &Value) -> Arc<Explanation> {
    Arc::new(Explanation::read(document).unwrap_or_else(|fault| panic!("{fault}")))
}

pub fn notice() -> Arc<Notice> {
    let text = include_str!("notice.json");
    let value: Value = serde_json::from_str(text).unwrap();
    Arc::new(Notice::read(&value).unwrap_or_else(|fault| panic!("{fault}")))
}

pub fn control(id: &str, choice: Standing) -> Control {
    Control {
        id: id.to_owned(),
        choice,
        rev: 3,
        left_out: Vec::new(),
        by_signal: false,
        despite_signal: false,
        lapsed: false,
        device_only: false,
    }
}

pub fn granted(ids: &[&str]) -> Choices {
    let controls = ids.iter().map(|id| control(id, Standing::Granted)).collect();
    Choices { epoch: "e_1".to_owned(), rev: 3, controls }
}

pub fn save(control: &str, datum: Option<&str>, choice: Choice, state: SaveState) -> Save {
    Save {
        control: control.to_owned(),
        datum: datum.map(str::to_owned),
        choice,
        state,
        obstacle: Obstacle::default(),
        master: false,
    }
}

/// A grant of the orders that did not come into force.
pub fn superseded(place: Option<Place>, terms_changed: bool) -> Save {
    Save { obstacle: obstacle(place, terms_changed), ..save(ORDERS, None, Choice::Granted, SaveState::Superseded) }
}

/// Hanna's card: signed in, all three sources on.
pub fn hanna(document: &Value) -> WhyInput {
    let mut input = WhyInput::loading(Surface::Storefront);
    input.document = DocumentState::Ready { document: read(document), reference: true };
    input.notice = Some(notice());
    input.choices = granted(&[BASKET, ORDERS, RETURNS]);
    input.person = Person::SignedIn;
    input
}

fn switched(mut input: WhyInput, id: &str, state: SaveState) -> WhyInput {
    for stands in input.choices.controls.iter_mut().filter(|stands| stands.id == id) {
        stands.choice = Standing::Denied;
    }
    input.saves.push(save(id, None, Choice::Denied, state));
    input.sources_open = true;
    input
}

fn with(mut input: WhyInput, change: impl FnOnce(&mut WhyInput)) -> WhyInput {
    change(&mut input);
    input
}

/// Every state, by name.
pub fn cards() -> Vec<(&'static str, WhyInput)> {
    let made = orders_document();
    let plain = || hanna(&made);
    let nobody = |document: &Value| {
        with(hanna(document), |input| {
            input.choices = Choices::default();
            input.person = Person::Anonymous;
        })
    };
    let state = |document| with(plain(), |input| input.document = document);
    vec![
        ("first", plain()),
        ("sources", with(plain(), |input| input.sources_open = true)),
        ("preview", with(plain(), |input| input.preview = Some(Target { source: "orders".into(), datum: None }))),
        (
            "preview-datum",
            with(plain(), |input| input.preview = Some(Target { source: "orders".into(), datum: Some("cup".into()) })),
        ),
        ("off-saved", switched(plain(), ORDERS, SaveState::Saved)),
        ("off-not-sent", with(switched(plain(), ORDERS, SaveState::Local), |input| input.offline = true)),
        (
            "left-out",
            with(plain(), |input| {
                input.sources_open = true;
                for stands in input.choices.controls.iter_mut().filter(|stands| stands.id == ORDERS) {
                    stands.left_out.push("bear".to_owned());
                }
                input.saves.push(save(ORDERS, Some("bear"), Choice::Denied, SaveState::Saved));
            }),
        ),
        (
            "all-off",
            with(plain(), |input| {
                for id in [ORDERS, RETURNS, BASKET] {
                    *input = switched(input.clone(), id, SaveState::Saved);
                    input.saves.last_mut().unwrap().master = true;
                }
            }),
        ),
        (
            "item",
            with(plain(), |input| {
                input.item = Some("jam".to_owned());
                input.sources_open = true;
            }),
        ),
        ("anonymous", nobody(&basket_document())),
        (
            "no-orders",
            with(
                hanna(&popular_document(json!([{"id": "orders", "why": "empty"}, {"id": "returns", "why": "empty"}]))),
                |input| {
                    input.sources_open = true;
                },
            ),
        ),
        (
            "none-used",
            with(
                hanna(&popular_document(json!([{"id": "orders", "why": "off"}, {"id": "basket", "why": "unset"}]))),
                |input| {
                    input.choices.controls = vec![control(ORDERS, Standing::Denied)];
                },
            ),
        ),
        ("product", nobody(&product_document())),
        ("ad", nobody(&ad_document())),
        ("reason", with(hanna(&reason_document()), |input| input.sources_open = true)),
        ("broken", hanna(&broken_document())),
        ("expired", state(DocumentState::Expired { factors: vec!["orders".into()] })),
        (
            "withdrawn",
            with(switched(plain(), ORDERS, SaveState::Saved), |input| {
                input.document = DocumentState::Withdrawn { factors: vec!["basket".into()] };
            }),
        ),
        ("offline", with(plain(), |input| input.offline = true)),
        ("loading", WhyInput::loading(Surface::Storefront)),
        ("not-ready", state(DocumentState::NotReady)),
        (
            "unreachable",
            with(state(DocumentState::Unreachable), |input| {
                input.choices = Choices::default();
            }),
        ),
        (
            "someone-else",
            with(state(DocumentState::General), |input| {
                input.choices = Choices::default();
                input.person = Person::Anonymous;
            }),
        ),
        (
            "device-off",
            with(plain(), |input| {
                input.device_off = vec![ORDERS.to_owned()];
                input.sources_open = true;
            }),
        ),
        (
            "superseded",
            with(switched(plain(), ORDERS, SaveState::Saved), |input| {
                input.saves = vec![superseded(Some(Place::Other), false)];
            }),
        ),
        (
            "superseded-terms",
            with(switched(plain(), ORDERS, SaveState::Saved), |input| {
                input.saves = vec![superseded(Some(Place::Chat), true)];
            }),
        ),
        (
            "gpc",
            with(hanna(&popular_document(json!([{"id": "orders", "why": "off"}]))), |input| {
                let mut stands = control(ORDERS, Standing::Denied);
                stands.by_signal = true;
                input.choices.controls = vec![stands];
                input.signal = Signal::Browser;
                input.sources_open = true;
            }),
        ),
        (
            "lapsed",
            with(hanna(&popular_document(json!([{"id": "orders", "why": "unset"}]))), |input| {
                let mut stands = control(ORDERS, Standing::Unset);
                stands.lapsed = true;
                input.choices.controls = vec![stands];
                input.sources_open = true;
            }),
        ),
        (
            "feedback",
            with(plain(), |input| {
                input.feedback.push(Feedback {
                    kind: FeedbackKind::WrongData,
                    state: FeedbackState::Received { id: "fb_7K2M".to_owned() },
                });
            }),
        ),
        (
            "record",
            with(plain(), |input| {
                let past = |control: &str, datum: Option<&str>, choice, method, superseded| Past {
                    at: Timestamp::parse("2026-11-21T10:00:00Z").unwrap(),
                    change: Change { control: control.to_owned(), choice, datum: datum.map(str::to_owned) },
                    method,
                    superseded,
                };
                input.history = History::Lines(vec![
                    past(ORDERS, Some("bear"), Choice::Denied, DecisionMethod::Button, false),
                    past(RETURNS, None, Choice::Granted, DecisionMethod::Switch, true),
                    past("training/orders", None, Choice::Denied, DecisionMethod::Signal, false),
                    past(ORDERS, None, Choice::Granted, DecisionMethod::Button, false),
                ]);
            }),
        ),
        (
            "html",
            with(plain(), |input| {
                input.sources_open = true;
                input.checked_on_device = false;
                input.html = Some(html());
            }),
        ),
    ]
}

/// Withdrawn at this place, or with other terms by now.
pub fn obstacle(place: Option<Place>, terms_changed: bool) -> Obstacle {
    let at = place.and_then(|_| Timestamp::parse("2026-11-25T14:05:09Z"));
    Obstacle { place, at, terms_changed }
}

pub fn html() -> Html {
    Html {
        action: "/candor/decide".to_owned(),
        hidden: vec![("csrf".to_owned(), "t0k3n".to_owned())],
        here: "/candor/why/rec_00000000000000000000000000?lang=en".to_owned(),
    }
}

pub fn panel_input() -> PanelInput {
    PanelInput {
        state: PanelState::Ready,
        notice: Some(notice()),
        choices: granted(&[BASKET, ORDERS]),
        saves: Vec::new(),
        offline: false,
        signal: Signal::None,
        device_off: Vec::new(),
        history: History::Closed,
        html: None,
    }
}

pub fn panels() -> Vec<(&'static str, PanelInput)> {
    let mut denied = panel_input();
    denied.choices.controls[1].choice = Standing::Denied;
    denied.saves.push(save(ORDERS, None, Choice::Denied, SaveState::Local));
    let mut signal = panel_input();
    signal.signal = Signal::Browser;
    let mut off = control(ORDERS, Standing::Denied);
    off.by_signal = true;
    signal.choices.controls = vec![off];
    let mut left_out = panel_input();
    left_out.choices.controls[1].left_out = vec!["bear".to_owned(), "cup".to_owned()];
    let mut superseded = panel_input();
    superseded.choices.controls[1].choice = Standing::Denied;
    superseded.saves.push(self::superseded(Some(Place::Signal), false));
    vec![
        ("panel", panel_input()),
        ("panel-off", denied),
        ("panel-gpc", signal),
        ("panel-left-out", left_out),
        ("panel-superseded", superseded),
        ("panel-loading", PanelInput { state: PanelState::Loading, notice: None, ..panel_input() }),
        ("panel-unreachable", PanelInput { state: PanelState::Unreachable, ..panel_input() }),
        ("panel-unknown", PanelInput { state: PanelState::Unknown, choices: Choices::default(), ..panel_input() }),
        ("panel-html", PanelInput { html: Some(html()), ..panel_input() }),
    ]
}

pub fn asks() -> Vec<(&'static str, AskInput)> {
    let ask = |answer| AskInput {
        notice: Some(notice()),
        source: "orders".to_owned(),
        answer,
        offline: false,
        choices_url: Some("/choices?site=pk_demo".to_owned()),
        html: None,
    };
    vec![
        ("ask", ask(None)),
        ("ask-yes", ask(Some((Choice::Granted, SaveState::Saved, Obstacle::default())))),
        ("ask-no", ask(Some((Choice::Denied, SaveState::Local, Obstacle::default())))),
        ("ask-superseded", ask(Some((Choice::Granted, SaveState::Superseded, obstacle(None, true))))),
    ]
}
