//! The card and the choices without any script.

use serde_json::json;

use crate::house::{Answer, House, ORDERS, RETURNS, SITE, SK, Someone, notice};

const HOSTILE: &str = "<script>alert(1)</script>";

/// As the shop's server, which knows whose page it is.
async fn own(house: &House, who: &str, path: &str) -> Answer {
    own_with(house, who, path, "").await
}

/// `gpc`: what the browser says of Global Privacy Control.
async fn own_with(house: &House, who: &str, path: &str, gpc: &str) -> Answer {
    let request = house.http.get(format!("{}/candor{path}", house.base)).header("sec-gpc", gpc);
    // A shop's own ids may be any text.
    let who = reqwest::header::HeaderValue::from_bytes(who.as_bytes()).unwrap();
    house.send(request.header("authorization", format!("Bearer {SK}")).header("candor-subject", who)).await
}

async fn send(house: &House, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    send_with(house, who, path, fields, "").await
}

async fn send_with(house: &House, who: &str, path: &str, fields: &[(&str, &str)], gpc: &str) -> Answer {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", candor_desk::encoded(value))).collect();
    let request = client
        .post(format!("{}/candor{path}", house.base))
        .header("authorization", format!("Bearer {SK}"))
        .header("candor-subject", who)
        .header("sec-gpc", gpc)
        .header("content-type", "application/x-www-form-urlencoded");
    house.send(request.body(body.join("&"))).await
}

/// What the page's forms carry besides the choice.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect(name);
    start.split('"').next().unwrap()
}

/// What a form of this page says beside the choice.
fn carried_by(page: &str) -> [(&'static str, &str); 4] {
    ["token", "notice", "epoch", "rev"].map(|name| (name, hidden(page, name)))
}

async fn with_a_list(house: &House) -> (Someone, String) {
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let mut doc = house.document(Some(&hanna), 1);
    doc["items"]["a"]["title"] = HOSTILE.into();
    assert_eq!(house.put(&doc).await.status, 201);
    (hanna, format!("/why/{}", doc["id"].as_str().unwrap()))
}

#[tokio::test]
async fn a_link_alone_shows_what_is_the_same_for_everyone() {
    let house = House::open().await;
    let (hanna, path) = with_a_list(&house).await;
    let page = house.get(&format!("{path}?lang=en")).await;
    assert_eq!(page.status, 200);
    for personal in ["alert(1)", "Bowl", "datum-1", &hanna.subject, "role=\"switch\""] {
        assert!(!page.text.contains(personal), "{personal} is on a page for anyone");
    }
    let choices = house.get(&format!("/choices?site={SITE}&lang=en")).await;
    assert!(choices.text.contains("orders") && !choices.text.contains("role=\"switch\""));
    assert_eq!(house.get("/why/rec_aaaaaaaaaaaaaaaaaaaaaaaaaa").await.status, 404);
}

#[tokio::test]
async fn the_shops_own_path_shows_the_whole_card_and_titles_stay_text() {
    let house = House::open().await;
    let (_, path) = with_a_list(&house).await;
    let page = own(&house, "shop:hanna", &format!("{path}?lang=en")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("&lt;script&gt;alert(1)"), "the item is named");
    assert!(!page.text.contains("<script"), "no script at all, and no title that became one");
    assert!(page.text.contains("role=\"switch\""));
    let other = own(&house, "shop:someone-else", &format!("{path}?lang=en")).await;
    assert!(!other.text.contains("alert(1)"), "someone else's link shows nothing of hers");
    let nobody = house.get(&format!("/candor{path}")).await;
    assert_eq!(nobody.status, 401, "the path needs the shop's key");
}

#[tokio::test]
async fn pages_allow_no_script_and_carry_no_style_attribute() {
    let house = House::open().await;
    let (_, path) = with_a_list(&house).await;
    for page in [
        house.get(&path).await,
        house.get(&format!("/choices?site={SITE}")).await,
        own(&house, "shop:hanna", &path).await,
        own(&house, "shop:hanna", "/choices").await,
    ] {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"));
        assert!(!page.text.contains("style=") && !page.text.contains("<style"), "{}", page.text);
        assert_eq!((page.header("cache-control"), page.header("referrer-policy")), ("no-store", "no-referrer"));
    }
}

#[tokio::test]
async fn a_switch_works_without_any_script_and_can_be_undone() {
    let house = House::open().await;
    let (hanna, path) = with_a_list(&house).await;
    let page = own(&house, "shop:hanna", &format!("{path}?lang=en")).await.text;
    let post = async |page: &str, choice: &str| {
        let fields = [&carried_by(page)[..], &[("control", ORDERS), ("choice", choice)]].concat();
        send(&house, "shop:hanna", &path, &fields).await
    };
    let off = post(&page, "denied").await;
    assert_eq!((off.status, off.header("location").starts_with("/candor/why/")), (303, true), "{}", off.text);
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
    let after = own(&house, "shop:hanna", &format!("{path}?lang=en")).await.text;
    assert!(!after.contains("alert(1)"), "a list that used it is withdrawn");
    let on = post(&after, "granted").await;
    assert_eq!(on.status, 303, "{}", on.text);
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    let history = house.page("/v1/history", json!({"site": SITE, "capability": hanna.capability})).await;
    let last = history.body["decisions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (last["tier"].as_str(), last["method"].as_str(), last["seq"].as_u64()),
        (Some("html"), Some("switch"), Some(1))
    );
    assert!(last["device"].as_str().unwrap().starts_with("first-party-"), "a form is a device of its own: {last}");
}

#[tokio::test]
async fn a_form_from_elsewhere_or_for_another_changes_nothing() {
    let house = House::open().await;
    let (hanna, path) = with_a_list(&house).await;
    house.sign_in("tomek", "d2").await;
    let hers = own(&house, "shop:hanna", "/choices").await.text;
    let (token, notice) = (hidden(&hers, "token"), hidden(&hers, "notice"));
    let fields = [("control", ORDERS), ("choice", "denied"), ("notice", notice)];
    let with = |token| [&fields[..], &[("token", token)]].concat();
    assert_eq!(send(&house, "shop:hanna", &path, &with("made-up")).await.status, 403);
    assert_eq!(send(&house, "shop:tomek", "/choices", &with(token)).await.status, 403, "her token is not his");
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    let broken = [("control", "no such thing"), ("choice", "denied"), ("token", token)];
    assert_eq!(send(&house, "shop:hanna", "/choices", &broken).await.status, 400);
    // What the store's reader would not take back is not kept: nobody could read her any more.
    let denies = [("control", ORDERS), ("choice", "denied")];
    let twice = [("change", "recommendations/orders=denied"), ("change", "recommendations/orders=denied")];
    for broken in [
        [&denies[..]].concat(),
        [&denies[..], &[("notice", notice), ("epoch", "of-no-epoch")]].concat(),
        [&denies[..], &[("notice", notice), ("rev", "18446744073709551615")]].concat(),
        [&[("control", "orders"), ("choice", "denied"), ("notice", notice)][..]].concat(),
        [&twice[..], &[("notice", notice)]].concat(),
    ] {
        let answer = send(&house, "shop:hanna", "/choices", &[&broken[..], &[("token", token)]].concat()).await;
        assert_eq!(answer.status, 400, "{broken:?}: {}", answer.text);
    }
    let house = house.restart().await;
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
}

#[tokio::test]
async fn a_customer_nobody_knew_yet_can_decide_and_a_grant_needs_what_was_shown() {
    let house = House::open().await;
    let page = own(&house, "shop:new", "/choices?lang=pl").await;
    assert!(page.text.contains("lang=\"pl\""));
    let fields = [
        ("token", hidden(&page.text, "token")),
        ("notice", hidden(&page.text, "notice")),
        ("epoch", hidden(&page.text, "epoch")),
        ("rev", hidden(&page.text, "rev")),
        ("control", RETURNS),
        ("choice", "granted"),
    ];
    assert_eq!(send(&house, "shop:new", "/choices", &fields).await.status, 303);
    assert_eq!(house.evaluate("shop:new", "returns").await["decision"], true);
}

#[tokio::test]
async fn a_switch_pressed_on_an_old_page_says_when_and_where_it_was_withdrawn() {
    let house = House::open().await;
    let laptop = house.sign_in("hanna", "d1").await;
    let path = "/choices?lang=en";
    let page = own(&house, "shop:hanna", path).await.text;
    let fields = carried_by(&page);
    let grant = [("control", ORDERS), ("choice", "granted")];
    house.clock.advance(600_000);
    house.set(&laptop, 1, ORDERS, "denied").await;
    send(&house, "shop:hanna", path, &[&fields[..], &grant].concat()).await;
    let page = own(&house, "shop:hanna", path).await.text;
    let said = "Not switched on: it was switched off on another device on 22 November 2026, 18:10 UTC.";
    assert!(page.contains(said), "{page}");
    // The page as it is now has seen it.
    let fields = carried_by(&page);
    send(&house, "shop:hanna", path, &[&fields[..], &grant].concat()).await;
    assert_eq!(house.choices(&laptop).await["controls"][ORDERS]["choice"], "granted");
    assert!(!own(&house, "shop:hanna", path).await.text.contains("Not switched on"));
}

#[tokio::test]
async fn an_old_form_switches_nothing_on_that_was_switched_off_on_these_pages_since() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let path = "/choices?lang=en";
    let grant = [("control", ORDERS), ("choice", "granted")];
    let deny = [("control", ORDERS), ("choice", "denied")];
    let old = own(&house, "shop:hanna", path).await.text;
    // Another browser, on the same pages: on, and off again.
    for press in [grant, deny] {
        let page = own(&house, "shop:hanna", path).await.text;
        assert_eq!(send(&house, "shop:hanna", path, &[&carried_by(&page)[..], &press].concat()).await.status, 303);
    }
    for _ in 0..2 {
        send(&house, "shop:hanna", path, &[&carried_by(&old)[..], &grant].concat()).await;
        assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
    }
    let page = own(&house, "shop:hanna", path).await.text;
    assert!(page.contains("Not switched on: it was switched off"), "{page}");
    // The page as it is now has seen it; and whatever page says no is heard.
    send(&house, "shop:hanna", path, &[&carried_by(&page)[..], &grant].concat()).await;
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    send(&house, "shop:hanna", path, &[&carried_by(&old)[..], &deny].concat()).await;
    let stands = house.choices(&hanna).await;
    assert_eq!(stands["controls"][ORDERS]["choice"], "denied");
    assert!(stands["missing"].is_null(), "{stands}");
}

const NOTE: &str = "Opt-Out Request Honored";

/// The same from a browser that sends Global Privacy Control.
async fn own_under_the_signal(house: &House, who: &str, path: &str) -> Answer {
    own_with(house, who, path, "1").await
}

/// A form of this page, sent by a browser with the signal.
async fn press_under_the_signal(house: &House, who: &str, path: &str, page: &str, control: &str) -> Answer {
    let carried = carried_by(page);
    send_with(house, who, path, &[&carried[..], &[("control", control), ("choice", "granted")]].concat(), "1").await
}

async fn decisions(house: &House, who: &Someone) -> Vec<serde_json::Value> {
    let history = house.page("/v1/history", json!({"site": SITE, "capability": who.capability})).await;
    history.body["decisions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn where_the_signal_cannot_be_recorded_the_page_is_drawn_as_if_it_had_been() {
    let mut house = House::open().await;
    let (folder, clock) = (house.folder.clone(), house.clock.clone());
    house.end().await;
    let patience = std::time::Duration::from_millis(100);
    let house = House::in_folder(folder.clone(), clock, |options| options.patience = patience).await;
    let (hanna, list) = with_a_list(&house).await;
    let other = rusqlite::Connection::open(folder.path().join("candor.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for path in ["/choices?lang=en".to_owned(), format!("{list}?lang=en")] {
        let page = own_under_the_signal(&house, "shop:hanna", &path).await;
        assert!(page.status == 200 && page.text.contains(NOTE), "{path}: {}", page.text);
        assert!(!page.text.contains("aria-checked=\"true\""), "{path}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    own_under_the_signal(&house, "shop:hanna", "/choices?lang=en").await;
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied", "the next page tries again");
}

#[tokio::test]
async fn the_browsers_signal_switches_off_what_is_on_once_and_the_page_says_so() {
    for choices in [true, false] {
        let house = House::open().await;
        let (hanna, list) = with_a_list(&house).await;
        let path = if choices { "/choices?lang=en".to_owned() } else { format!("{list}?lang=en") };
        assert!(!own(&house, "shop:hanna", &path).await.text.contains(NOTE), "no signal, no note");
        let before = decisions(&house, &hanna).await.len();
        let page = own_under_the_signal(&house, "shop:hanna", &path).await;
        assert!(page.status == 200 && page.text.contains(NOTE), "{path}: {}", page.text);
        assert!(!page.text.contains("alert(1)"), "{path}: what used it is not drawn any more");
        assert!(!page.text.contains("aria-checked=\"true\""), "{path}: drawn as it stands after the signal");
        let control = house.choices(&hanna).await["controls"][ORDERS].clone();
        assert_eq!((control["choice"].as_str(), control["by_signal"].as_bool()), (Some("denied"), Some(true)));
        own_under_the_signal(&house, "shop:hanna", &path).await;
        let after = decisions(&house, &hanna).await;
        assert_eq!(after.len(), before + 1, "{path}: recorded once");
        let last = after.last().unwrap();
        let said =
            ["method", "device", "tier", "binds"].map(|name| last[name].as_str().unwrap_or("account").to_owned());
        assert_eq!(said, ["signal", "first-party", "html", "account"]);
        assert!(!page.text.contains(">Undo<"), "{path}: nobody pressed anything");
        let on = press_under_the_signal(&house, "shop:hanna", "/choices", &page.text, ORDERS).await;
        assert_eq!(on.status, 303, "{}", on.text);
        assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["despite_signal"], true, "{path}: they saw it");
        assert_eq!(decisions(&house, &hanna).await.len(), before + 2, "{path}: and it was told of already");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_under_the_signal_switches_on_and_says_nothing_else() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let path = "/choices?lang=en";
    let page = own_under_the_signal(&house, "shop:hanna", path).await.text;
    for _ in 0..2 {
        assert_eq!(press_under_the_signal(&house, "shop:hanna", path, &page, ORDERS).await.status, 303);
    }
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    let after = own_under_the_signal(&house, "shop:hanna", path).await.text;
    assert!(!after.contains("Not switched on") && after.contains(">Undo<"), "{after}");
}

#[tokio::test]
async fn a_yes_said_on_these_pages_in_the_knowledge_of_the_signal_stands() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    let path = "/choices?lang=en";
    let page = own_under_the_signal(&house, "shop:hanna", path).await.text;
    assert!(page.contains(NOTE), "{page}");
    assert_eq!(decisions(&house, &hanna).await.len(), 0, "nothing is on, so there is nothing to record");
    assert_eq!(press_under_the_signal(&house, "shop:hanna", path, &page, ORDERS).await.status, 303);
    let control = house.choices(&hanna).await["controls"][ORDERS].clone();
    assert_eq!((control["choice"].as_str(), control["despite_signal"].as_bool()), (Some("granted"), Some(true)));
    let made = decisions(&house, &hanna).await;
    let order: Vec<_> =
        made.iter().map(|one| (one["method"].as_str().unwrap(), one["seq"].as_u64().unwrap())).collect();
    assert_eq!(order, [("signal", 1), ("switch", 2)]);
    let after = own_under_the_signal(&house, "shop:hanna", path).await.text;
    assert!(after.contains("aria-checked=\"true\""), "the next page leaves it on: {after}");
    assert_eq!(decisions(&house, &hanna).await.len(), 2);
    // The card says it of what else the signal speaks of; from a browser without it, nothing.
    let doc = house.document(Some(&hanna), 2);
    assert_eq!(house.put(&doc).await.status, 201);
    let why = format!("/why/{}?lang=en", doc["id"].as_str().unwrap());
    assert!(own_under_the_signal(&house, "shop:hanna", &why).await.text.contains(NOTE));
    assert!(!own(&house, "shop:hanna", &why).await.text.contains(NOTE));
    // Said again there is nothing to tell of first.
    press_under_the_signal(&house, "shop:hanna", path, &after, ORDERS).await;
    assert_eq!(decisions(&house, &hanna).await.len(), 3);
}

#[tokio::test]
async fn knowing_of_the_signal_is_not_having_seen_another_devices_refusal() {
    let house = House::open().await;
    let laptop = house.sign_in("hanna", "d1").await;
    let path = "/choices?lang=en";
    let page = own_under_the_signal(&house, "shop:hanna", path).await.text;
    house.set(&laptop, 1, ORDERS, "denied").await;
    press_under_the_signal(&house, "shop:hanna", path, &page, ORDERS).await;
    assert_eq!(house.choices(&laptop).await["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn the_signal_leaves_alone_what_the_notice_does_not_mark() {
    let house = House::open().await;
    let mut unmarked = notice(SITE, 1);
    unmarked["controls"][1]["gpc"] = false.into();
    house.publish(SITE, &unmarked);
    house.clock.advance(10_000);
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "granted").await;
    let page = own_under_the_signal(&house, "shop:hanna", "/choices?lang=en").await.text;
    press_under_the_signal(&house, "shop:hanna", "/choices", &page, RETURNS).await;
    let made = decisions(&house, &hanna).await;
    assert!(made.iter().all(|one| one["method"] == "switch"), "{made:?}");
    assert_eq!(house.choices(&hanna).await["controls"][RETURNS]["choice"], "granted");
}

#[tokio::test]
async fn the_signal_switches_off_more_than_one_decision_holds() {
    let house = House::open().await;
    let mut long = notice(SITE, 1);
    let (sources, controls) = (long["sources"].clone(), long["controls"].clone());
    let mut many = (0..40).map(|n| (format!("source-{n}"), format!("recommendations/source-{n}")));
    for (source, control) in many.clone() {
        let mut of = sources[0].clone();
        of["id"] = source.into();
        long["sources"].as_array_mut().unwrap().push(of);
        let mut of = controls[0].clone();
        of["id"] = control.into();
        long["controls"].as_array_mut().unwrap().push(of);
    }
    house.publish(SITE, &long);
    house.clock.advance(10_000);
    let hanna = house.sign_in("hanna", "d1").await;
    for seq in 1..=40 {
        house.set(&hanna, seq, &many.next().unwrap().1, "granted").await;
    }
    let page = own_under_the_signal(&house, "shop:hanna", "/choices?lang=en").await.text;
    assert!(page.contains(NOTE) && !page.contains("aria-checked=\"true\""), "{page}");
    let stand = house.choices(&hanna).await;
    let off = stand["controls"].as_object().unwrap().values().filter(|one| one["choice"] == "denied").count();
    assert_eq!(off, 40, "{stand}");
}

#[tokio::test]
async fn a_form_of_one_shop_is_no_good_at_another_that_has_a_customer_of_the_same_id() {
    let house = House::open().await;
    house.add_site("pk_other", "https://other.example", "sk_other");
    house.publish("pk_other", &notice("pk_other", 1));
    let post = async |key: &str, fields: &[(&str, &str)]| {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = client.post(format!("{}/candor/choices", house.base));
        let request = request.header("authorization", format!("Bearer {key}")).header("candor-subject", "shop:4711");
        house.send(request.form(fields)).await.status
    };
    let page = own(&house, "shop:4711", "/choices").await.text;
    let form = [&carried_by(&page)[..], &[("control", ORDERS), ("choice", "denied")]].concat();
    assert_eq!(post("sk_other", &form).await, 403);
    assert_eq!(post(SK, &form).await, 303);
}

#[tokio::test]
async fn a_customer_whose_id_is_in_other_letters_has_a_page_too() {
    let house = House::open().await;
    let zofia = house.sign_in("żofia", "d1").await;
    house.set(&zofia, 1, ORDERS, "granted").await;
    let page = own(&house, "shop:żofia", "/choices?lang=en").await;
    assert!(page.status == 200 && page.text.contains("aria-checked=\"true\""), "{}", page.text);
}
