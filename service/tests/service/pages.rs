//! The card and the choices without any script.

use serde_json::json;

use crate::house::{Answer, House, ORDERS, RETURNS, SITE, SK, Someone};

const HOSTILE: &str = "<script>alert(1)</script>";

/// As the shop's server, which knows whose page it is.
async fn own(house: &House, who: &str, path: &str) -> Answer {
    let request = house.http.get(format!("{}/candor{path}", house.base));
    house.send(request.header("authorization", format!("Bearer {SK}")).header("candor-subject", who)).await
}

async fn send(house: &House, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let body: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", candor_desk::encoded(value))).collect();
    let request = client
        .post(format!("{}/candor{path}", house.base))
        .header("authorization", format!("Bearer {SK}"))
        .header("candor-subject", who)
        .header("content-type", "application/x-www-form-urlencoded");
    house.send(request.body(body.join("&"))).await
}

/// What the page's forms carry besides the choice.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect(name);
    start.split('"').next().unwrap()
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
    let carried = |page: &str, choice: &str| -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = ["token", "notice", "epoch", "rev"]
            .iter()
            .map(|name| ((*name).into(), hidden(page, name).into()))
            .collect();
        fields.extend([("control".into(), ORDERS.into()), ("choice".into(), choice.into())]);
        fields
    };
    let plain = |fields: &[(String, String)]| -> Vec<(String, String)> { fields.to_vec() };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        send(&house, "shop:hanna", &path, &fields).await
    };
    let off = post(plain(&carried(&page, "denied"))).await;
    assert_eq!((off.status, off.header("location").starts_with("/candor/why/")), (303, true), "{}", off.text);
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
    let after = own(&house, "shop:hanna", &format!("{path}?lang=en")).await.text;
    assert!(!after.contains("alert(1)"), "a list that used it is withdrawn");
    let on = post(plain(&carried(&after, "granted"))).await;
    assert_eq!(on.status, 303, "{}", on.text);
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "granted");
    let history = house.page("/v1/history", json!({"site": SITE, "capability": hanna.capability})).await;
    let last = history.body["decisions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (last["tier"].as_str(), last["method"].as_str(), last["seq"].as_u64()),
        (Some("html"), Some("switch"), Some(2))
    );
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
    let fields = ["token", "notice", "epoch", "rev"].map(|name| (name, hidden(&page, name)));
    let grant = [("control", ORDERS), ("choice", "granted")];
    house.clock.advance(600_000);
    house.set(&laptop, 1, ORDERS, "denied").await;
    send(&house, "shop:hanna", path, &[&fields[..], &grant].concat()).await;
    let page = own(&house, "shop:hanna", path).await.text;
    let said = "Not switched on: it was switched off on another device on 22 November 2026, 18:10 UTC.";
    assert!(page.contains(said), "{page}");
    // The page as it is now has seen it.
    let fields = ["token", "notice", "epoch", "rev"].map(|name| (name, hidden(&page, name)));
    send(&house, "shop:hanna", path, &[&fields[..], &grant].concat()).await;
    assert_eq!(house.choices(&laptop).await["controls"][ORDERS]["choice"], "granted");
    assert!(!own(&house, "shop:hanna", path).await.text.contains("Not switched on"));
}
