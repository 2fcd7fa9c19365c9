//! The server's rendering of every state: what it says, to the eye and to
//! assistive technology.

mod states;

use std::sync::Arc;

use candor_card::*;
use candor_protocol::{Change, Choice, DecisionMethod, Place, Standing};
use candor_words::{LANGUAGES, Words, bundled};
use leptos::prelude::*;
use states::locale::Simple;
use states::reading::*;
use states::*;

fn in_language<T>(language: &'static str, make: impl FnOnce(&Words<'_>) -> T) -> T {
    let locale = Simple(language);
    make(&Words { catalogue: bundled(language), locale: &locale })
}

fn drawn(input: &WhyInput, words: &Words<'_>) -> (Tree, Memory) {
    let mut memory = input.memory.clone();
    (why(&input.facts(), &mut memory, words), memory)
}

fn view(input: &WhyInput) -> Tree {
    in_language("en", |words| drawn(input, words).0)
}

fn memory(input: &WhyInput) -> Memory {
    in_language("en", |words| drawn(input, words).1)
}

fn card(name: &str) -> WhyInput {
    cards().into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no state {name}")).1
}

fn html(tree: Tree) -> String {
    let card = CardProps { draw: Arc::new(move || tree.clone()), on: Arc::new(|_| {}) };
    Owner::new().with(|| Card(card).to_html())
}

/// Every state in every language, as markup.
fn everything() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for language in LANGUAGES {
        in_language(language, |words| {
            for (name, input) in cards() {
                out.push((format!("{name} {language}"), html(drawn(&input, words).0)));
            }
            for (name, input) in panels() {
                out.push((format!("{name} {language}"), html(panel(&input.facts(), words))));
            }
            for (name, input) in asks() {
                out.push((format!("{name} {language}"), html(ask(&input.facts(), words))));
            }
        });
    }
    out
}

/// The one sentence.
fn sentence(tree: &Tree) -> String {
    said(the(tree, "reason"))
}

/// The one polite message.
fn live(tree: &Tree) -> String {
    let messages = every(tree, |entry| attribute(entry, "role") == Some("status"));
    assert_eq!(messages.len(), 1);
    said(messages[0])
}

fn sources(tree: &Tree) -> &Tree {
    layer(tree, "sources").expect("a second layer")
}

/// What a row is about: the id of its name says it.
fn control_of(row: &Tree) -> &str {
    let names = every(row, |entry| matches!(entry.tag, "h4" | "h5"));
    attribute(names[0], "id").and_then(|id| id.strip_prefix("candor-")).expect("a name with an id")
}

fn row<'a>(tree: &'a Tree, control: &str) -> &'a Tree {
    let rows = all(sources(tree), "row");
    rows.into_iter().find(|row| control_of(row) == control).unwrap_or_else(|| panic!("no row {control}"))
}

/// What a press of the row's own switch asks for, and whether it is on.
fn switch_of<'a>(tree: &'a Tree, control: &str) -> (&'a Act, bool) {
    pressed(the(row(tree, control), "switch"))
}

fn pressed(switch: &Tree) -> (&Act, bool) {
    (switch.act.as_ref().expect("an act"), attribute(switch, "aria-checked") == Some("true"))
}

/// The line of a datum, by its title.
fn line<'a>(row: &'a Tree, title: &str) -> &'a Tree {
    let mut lines = all(row, "datum").into_iter();
    lines.find(|line| text(line, "what").as_deref() == Some(title)).expect("its line")
}

#[test]
fn nothing_sets_a_style_or_a_script() {
    for (name, html) in everything() {
        for no in [" style=", "<script", "<style", " onclick", "innerhtml"] {
            assert!(!html.contains(no), "{name} has {no}");
        }
    }
}

#[test]
fn every_id_is_there_once_and_every_reference_leads_somewhere() {
    for (name, html) in everything() {
        let ids: Vec<&str> = values(&html, " id=\"");
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[index + 1..].contains(id), "{name}: {id} twice");
        }
        for label in values(&html, "aria-labelledby=\"") {
            assert!(ids.contains(&label), "{name}: nothing is called {label}");
        }
    }
}

#[test]
fn every_switch_has_a_name_a_state_and_a_visible_word() {
    for (name, html) in everything() {
        for press in html.split("<button").skip(1).filter(|press| press.contains("role=\"switch\"")) {
            let press = press.split("</button>").next().unwrap();
            assert!(press.contains("aria-labelledby=\"candor-"), "{name}");
            let checked = press.contains("aria-checked=\"true\"");
            assert!(checked || press.contains("aria-checked=\"false\""), "{name}");
            let (on, off) = match name.rsplit(' ').next().unwrap() {
                "fr" => (">Activé<", ">Désactivé<"),
                "pl" => (">Wł.<", ">Wył.<"),
                _ => (">On<", ">Off<"),
            };
            assert!(press.contains(if checked { on } else { off }), "{name}: {press}");
        }
    }
}

#[test]
fn every_button_says_what_it_does() {
    for (name, html) in everything() {
        for press in html.split("<button").skip(1) {
            let (open, rest) = press.split_once('>').unwrap();
            let inside = rest.split("</button>").next().unwrap();
            let named = open.contains("aria-label=\"") || open.contains("aria-labelledby=\"");
            assert!(named || inside.chars().any(char::is_alphabetic), "{name}: {press}");
            assert!(!open.contains("aria-label=\"\""), "{name}");
        }
    }
}

#[test]
fn one_polite_message_stands_in_every_card_and_is_empty_until_something_changed() {
    for (name, html) in everything() {
        assert_eq!(html.matches("role=\"status\"").count(), 1, "{name}");
    }
    assert_eq!(live(&view(&card("first"))), "");
    assert_eq!(live(&view(&card("off-saved"))), "Your orders: Off. Not used for your picks any more.");
    assert_eq!(live(&view(&card("off-saved"))), live(&view(&card("off-not-sent"))), "saving is not a second message");
    assert_eq!(live(&view(&card("all-off"))), "Off. None of your data is used for your picks.");
}

#[test]
fn a_hostile_title_stays_text() {
    let hostile = "<img src=x onerror=alert(1)>\"'&";
    let mut document = orders_document();
    for item in document["items"].as_object_mut().unwrap().values_mut() {
        item["title"] = serde_json::json!(hostile);
    }
    let mut input = hanna(&document);
    input.preview = Some(Target { source: "orders".into(), datum: None });
    let html = html(view(&input));
    assert!(!html.contains("<img"), "{html}");
    assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;"));
    for label in values(&html, "aria-label=\"") {
        assert!(!label.contains('<') || label.contains("<img src=x"), "an attribute ended early: {label}");
    }
}

#[test]
fn the_sentence_names_what_counted_most() {
    let pairs = [
        ("first", "Because you bought Green Regency Teacup."),
        ("item", "Because Linen Tea Towel is in your basket."),
        ("anonymous", "Picked from what is in your basket. We don’t know who you are."),
        ("no-orders", "Nothing to go on yet."),
        ("none-used", "Popular. None of your data was used."),
        ("all-off", "Popular. None of your data was used."),
        ("product", "Goes with what you are viewing; the same for everyone."),
        ("ad", "Ad, paid for by Brand X."),
        ("reason", "Picked to match your last order."),
        ("expired", "This list is old; here is what counts now."),
    ];
    for (name, expected) in pairs {
        assert_eq!(sentence(&view(&card(name))), expected, "{name}");
    }
}

#[test]
fn a_source_says_its_weight_its_effect_and_what_would_change() {
    let view = view(&card("sources"));
    let orders = row(&view, ORDERS);
    assert_eq!(text(orders, "weight").as_deref(), Some("Main reason"));
    let effect = the(orders, "effect");
    let seen = every(effect, |entry| attribute(entry, "aria-hidden") == Some("true"));
    assert_eq!(said(seen[0]), "Without it: not in this list");
    let changes = the(orders, "changes");
    assert_eq!(changes.inside[0].text, "Without this, 4 of 5 items change.");
    assert_eq!(text(changes, "quiet").as_deref(), Some("See them"));
    assert!(find(orders, "preview").is_none());
    let kept = orders.inside.iter().find(|entry| attribute(entry, "class") == Some("fine")).map(said);
    assert_eq!(
        kept.as_deref(),
        Some("We keep your orders for delivery, returns and tax. Off means: not used to choose products for you.")
    );
    assert_eq!(control_of(all(sources(&view), "row")[0]), ORDERS, "the strongest first");
    let rest = the(orders, "evidence").inside.last().map(said);
    assert_eq!(rest.as_deref(), Some("and 4 more"));
}

#[test]
fn a_source_that_is_off_lists_no_data() {
    assert!(find(row(&view(&card("off-saved")), ORDERS), "datum").is_none());
    assert!(find(row(&view(&card("sources")), ORDERS), "datum").is_some());
}

#[test]
fn a_preview_is_the_list_that_reasoning_ranks() {
    let input = card("preview");
    let view = view(&input);
    let items = tagged(tagged(the(row(&view, ORDERS), "preview"), "ol")[0], "li");
    let DocumentState::Ready { document, .. } = &input.document else { panic!() };
    let ranked = candor_reasoning::preview(document, &candor_reasoning::Without::factor(0)).unwrap();
    let titles: Vec<&str> = ranked.items.iter().map(|id| document.item(id).unwrap().title.as_str()).collect();
    let shown: Vec<String> = items.iter().map(|item| said(the(item, "name"))).collect();
    assert_eq!(shown, titles);
    assert!(items.iter().any(|item| text(item, "moved").as_deref() == Some("new")));
    let priced = |item: &&Tree| attribute(the(item, "name"), "href").is_some() && find(item, "price").is_some();
    assert!(items.iter().all(priced));
    assert!(html(view).contains("href=\"/product/"));
}

#[test]
fn switching_off_is_one_act_and_its_undo_is_the_opposite() {
    let before = view(&card("sources"));
    let off = Change { control: ORDERS.to_owned(), choice: Choice::Denied, datum: None };
    let one = |changes, method| Act::Decide { changes, method, master: false };
    assert_eq!(switch_of(&before, ORDERS), (&one(vec![off], DecisionMethod::Switch), true));
    let after = view(&card("off-saved"));
    assert!(!switch_of(&after, ORDERS).1);
    let done = find(row(&after, ORDERS), "done").expect("what it did");
    let line = tagged(done, "p")[0];
    assert_eq!(line.inside[0].text, "Off. Not used for your picks any more.");
    assert_eq!(text(line, "save").as_deref(), Some("Saved"));
    let on = Change { control: ORDERS.to_owned(), choice: Choice::Granted, datum: None };
    let undo = find(done, "quiet").expect("a way back");
    assert_eq!(undo.act, Some(one(vec![on], DecisionMethod::Button)));
    assert_eq!(attribute(undo, "aria-label"), Some("Undo: Your orders"));
}

#[test]
fn after_a_switch_the_card_speaks_of_the_list_that_will_be_served() {
    let after = view(&card("off-saved"));
    assert_ne!(sentence(&after), "Because you bought Green Regency Teacup.");
    assert!(find(row(&after, ORDERS), "weight").is_none());
    assert!(layer(&after, "sums").is_none(), "the old list's numbers are not the new one's");
}

#[test]
fn a_switch_keeps_its_row_when_the_new_list_no_longer_knows_the_source() {
    let first = view(&card("sources"));
    let mut input = card("off-saved");
    input.document = DocumentState::Ready {
        document: read(&popular_document(serde_json::json!([{"id": "orders", "why": "off"}]))),
        reference: true,
    };
    input.memory = memory(&card("sources"));
    let after = view(&input);
    let place = |tree: &Tree| {
        let used = all(sources(tree), "rows")[0];
        all(used, "row").iter().position(|row| control_of(row) == ORDERS)
    };
    assert!(place(&first).is_some());
    assert_eq!(place(&after), place(&first));
    assert!(find(row(&after, ORDERS), "done").is_some(), "its Undo is there");
}

#[test]
fn a_datum_left_out_keeps_its_line_and_its_way_back() {
    let mut input = card("left-out");
    input.memory = memory(&card("sources"));
    let view = view(&input);
    let left = line(row(&view, ORDERS), "Baby’s First Bear");
    assert_eq!(attribute(left, "class"), Some("datum out"));
    assert_eq!(attribute(the(left, "quiet"), "aria-label"), Some("Undo: Baby’s First Bear"));
    let back = Change { control: ORDERS.to_owned(), choice: Choice::Granted, datum: Some("bear".to_owned()) };
    let one = Act::Decide { changes: vec![back], method: DecisionMethod::Button, master: false };
    assert_eq!(the(left, "quiet").act, Some(one));
    assert_eq!(live(&view), "Baby’s First Bear: Left out. Not used for your picks any more.");
    let still = line(row(&view, ORDERS), "Green Regency Teacup");
    assert_eq!(attribute(still, "class"), Some("datum"));
    assert!(switch_of(&view, ORDERS).1, "only what came from it goes");
}

#[test]
fn the_master_denies_every_source_in_use_and_grants_back_just_those() {
    let master = |name: &str| {
        let card = view(&card(name));
        let (act, on) = pressed(the(find(&card, "master").expect("a master"), "switch"));
        (act.clone(), on)
    };
    let (on, _) = master("first");
    let Act::Decide { changes, master: true, .. } = &on else { panic!("{on:?}") };
    let mut denied: Vec<&str> = changes.iter().map(|change| change.control.as_str()).collect();
    denied.sort_unstable();
    assert_eq!(denied, [BASKET, ORDERS, RETURNS]);
    assert!(changes.iter().all(|change| change.choice == Choice::Denied));
    let (off, is_on) = master("all-off");
    assert!(!is_on);
    let Act::Decide { changes, master: true, .. } = &off else { panic!("{off:?}") };
    assert!(changes.len() == 3 && changes.iter().all(|change| change.choice == Choice::Granted));
    assert_eq!(master("none-used").0, Act::ShowSources);
}

#[test]
fn numbers_are_drawn_only_where_they_add_up_and_claim_no_more_than_was_checked() {
    let claims = |input: &WhyInput| {
        let card = view(input);
        let claims = all(layer(&card, "sums").expect("a third layer"), "claim");
        claims.into_iter().map(said).collect::<Vec<String>>().join(" ")
    };
    let first = card("first");
    assert_eq!(claims(&first), "Chosen with just these data. The numbers add up (checked on your device).");
    let mut shop = first.clone();
    if let DocumentState::Ready { reference, .. } = &mut shop.document {
        *reference = false;
    }
    assert_eq!(claims(&shop), "The numbers add up (checked on your device). They are the shop’s own.");
    assert!(claims(&card("html")).contains("(checked by the service)"));
    assert_eq!(claims(&card("reason")), "This shop’s provider does not say how much each counted.");
    assert_eq!(claims(&card("broken")), "The numbers did not add up, so we don’t show them.");
    for name in ["reason", "broken"] {
        let html = html(view(&card(name)));
        assert!(!html.contains("<rect") && !html.contains("<table"), "{name} draws bars");
    }
    assert!(html(view(&first)).contains("<rect"));
    let mut estimate = orders_document();
    estimate["method"] = serde_json::json!("attribution");
    let estimate = claims(&hanna(&estimate));
    assert!(estimate.ends_with("How much each counted is an estimate."), "{estimate}");
}

#[test]
fn bars_share_one_scale_and_one_zero() {
    let mut input = card("first");
    input.item = Some("plate".to_owned());
    let card = view(&input);
    let sums = layer(&card, "sums").expect("a third layer");
    let number = |rect: &Tree, name: &str| attribute(rect, name).and_then(|n| n.parse::<u16>().ok()).expect("a number");
    let drawings = all(sums, "bar");
    assert!(!drawings.is_empty());
    let mut zero = Vec::new();
    let mut against = 0;
    for drawing in drawings {
        let own = tagged(drawing, "rect")[1];
        let (start, width) = (number(own, "x"), number(own, "width"));
        assert!(start + width <= 1000 && width > 0);
        let is_against = attribute(own, "class") == Some("against");
        against += usize::from(is_against);
        zero.push(if is_against { start + width } else { start });
    }
    assert!(zero.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 4), "{zero:?}");
    assert_eq!(against, 1);
}

#[test]
fn states_say_what_is_the_matter() {
    let whole = |name: &str| html(view(&card(name)));
    assert!(whole("off-not-sent").contains("Not sent yet"));
    assert!(whole("off-not-sent").contains("Off on this device. We’ll tell the shop when you’re back online."));
    assert!(whole("gpc").contains("Opt-Out Request Honored"));
    assert!(whole("device-off").contains("This device is set to Off; your account is On."));
    assert!(whole("no-orders").contains("On, but you have no returns."));
    assert!(whole("lapsed").contains("until you say yes again"));
    assert!(whole("loading").contains("Looking up why"));
    assert!(whole("unreachable").contains("Try again"));
    assert!(whole("feedback").contains("Received. Your number: fb_7K2M"));
}

#[test]
fn a_grant_that_did_not_come_into_force_says_why_beside_a_switch_at_off() {
    let on = "Not switched on: it was switched off";
    let again = "Off stands until you switch it on again.";
    for (place, where_) in [
        (Place::Other, "on another device"),
        (Place::Here, "on this device"),
        (Place::Page, "on a page of this shop"),
        (Place::Chat, "in the chat"),
        (Place::Signal, "by your browser’s signal or this shop’s cookie settings"),
        (Place::Shop, "by the shop"),
    ] {
        let mut input = card("superseded");
        input.saves[0].obstacle = obstacle(Some(place), false);
        let drawn = html(view(&input));
        let said = format!("{on} {where_} on 25 November 2026 14:05. {again}");
        // To the eye in the row, to the ear once.
        assert_eq!(drawn.matches(&said).count(), 2, "{said}");
        assert!(drawn.contains("aria-checked=\"false\"") && !drawn.contains("Undo: Your orders"), "{drawn}");
    }
    let saying = |obstacle| {
        let mut input = card("superseded");
        input.saves[0].obstacle = obstacle;
        html(view(&input))
    };
    assert!(saying(obstacle(None, false)).contains("or what is asked has changed. Off stands"));
    assert!(saying(obstacle(Some(Place::Anew), false)).contains("records had to begin anew"));
    let terms = saying(obstacle(None, true));
    assert!(terms.contains("Not switched on: what is asked has changed meanwhile. Read it again"));
    assert!(!terms.contains("it was switched off"));
    let both = saying(obstacle(Some(Place::Chat), true));
    assert!(both.contains("in the chat on 25 November 2026 14:05. Off stands until you switch it on again. What is"));
}

#[test]
fn what_was_switched_together_says_on_where_some_of_it_came_into_force() {
    let mut input = card("superseded");
    let by_master = |control: &str, state| Save { master: true, ..save(control, None, Choice::Granted, state) };
    input.saves = vec![Save { master: true, ..superseded(Some(Place::Other), false) }];
    let master = |input: &WhyInput| {
        let drawn = html(view(input));
        let start = drawn.find("class=\"master\"").unwrap();
        drawn[start..].split("</div>").next().unwrap().to_owned()
    };
    assert!(master(&input).contains("on another device"), "{}", master(&input));
    input.saves.insert(0, by_master(BASKET, SaveState::Saved));
    assert!(master(&input).contains("On. Your picks use your data again."), "{}", master(&input));
}

#[test]
fn an_ask_whose_yes_did_not_come_into_force_is_asked_again() {
    let (_, input) = states::asks().into_iter().find(|(name, _)| *name == "ask-superseded").unwrap();
    let drawn = html(in_language("en", |words| ask(&input.facts(), words)));
    assert!(drawn.contains("what is asked has changed") && drawn.contains("Yes, use my orders"), "{drawn}");
}

#[test]
fn who_only_has_a_link_sees_no_factor_no_item_and_no_switch() {
    let html = html(view(&card("someone-else")));
    for no in ["Teapot", "role=\"switch\"", "Because", "<details"] {
        assert!(!html.contains(no), "{no}");
    }
    assert!(html.contains("Your orders"), "how the shop chooses is the same for everyone");
}

#[test]
fn nothing_that_failed_to_arrive_shows_a_switch_that_pretends() {
    for name in ["loading", "not-ready", "unreachable"] {
        assert!(!html(view(&card(name))).contains("role=\"switch\""), "{name}");
    }
}

#[test]
fn without_code_every_act_is_a_form_or_a_link() {
    let html = html(view(&card("html")));
    for press in html.split("<button").skip(1) {
        let open = press.split('>').next().unwrap();
        assert!(open.contains(" type=\"submit\""), "{press}");
    }
    assert!(html.matches("<form").count() == html.matches("name=\"csrf\" value=\"t0k3n\"").count());
    assert!(html.contains("name=\"control\" value=\"recommendations/orders\""));
    assert!(html.contains("name=\"choice\" value=\"denied\""));
    assert!(html.contains("name=\"change\" value=\"recommendations/orders=denied\""));
    assert!(html.contains("?lang=en&amp;preview=orders\""));
    assert!(html.contains("preview=orders&amp;datum=cup"));
}

#[test]
fn asking_gives_yes_and_no_the_same_element_and_the_same_class() {
    let (_, input) = asks().swap_remove(0);
    let html = html(in_language("en", |words| ask(&input.facts(), words)));
    let presses: Vec<&str> = html.split("<button").skip(1).map(|press| press.split('>').next().unwrap()).collect();
    assert_eq!(presses.len(), 2);
    assert_eq!(presses[0], presses[1]);
    assert!(html.contains(">Yes, use my orders<") && html.contains(">No, keep these<"));
}

#[test]
fn the_panel_tells_of_every_control_where_its_data_come_from_and_who_gets_them() {
    let (_, input) = panels().swap_remove(0);
    let view = in_language("en", |words| panel(&input.facts(), words));
    let lines = all(&view, "row");
    assert_eq!(lines.len(), notice().controls.len());
    for line in &lines {
        let control = control_of(line).strip_prefix("panel-").expect("a control of the panel");
        let labels: Vec<String> = tagged(line, "dt").into_iter().map(said).collect();
        if !control.starts_with("marketing/") {
            assert_eq!(labels, ["Where it comes from", "How long it is kept", "Who gets it"], "{control}");
        }
        // On and off are the same one press.
        let (Act::Decide { changes, .. }, _) = pressed(the(line, "switch")) else { panic!("{control}") };
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].control, control);
    }
}

#[test]
fn an_unset_control_is_off() {
    let mut input = panel_input();
    input.choices.controls = vec![control(ORDERS, Standing::Unset)];
    let view = in_language("en", |words| panel(&input.facts(), words));
    let lines = all(&view, "row");
    assert!(!lines.is_empty());
    assert!(lines.into_iter().all(|line| !pressed(the(line, "switch")).1));
}

#[test]
fn every_language_says_everything_in_its_own_words() {
    for (name, input) in cards() {
        let english = html(view(&input));
        for language in ["fr", "pl"] {
            let other = html(in_language(language, |words| drawn(&input, words).0));
            for text in ["Main reason", "Without it", "Undo", "Personal picks", "Why these?", "Not used"] {
                assert!(!other.contains(text), "{name} {language} says {text}");
            }
            let tags = |html: &str| html.matches("<button").count();
            assert_eq!(tags(&english), tags(&other), "{name} {language} offers something else");
        }
    }
}

#[test]
fn right_to_left_is_said_to_the_browser() {
    let locale = Simple("ar");
    let words = Words { catalogue: bundled("ar"), locale: &locale };
    let html = html(drawn(&card("first"), &words).0);
    assert!(html.contains("dir=\"rtl\"") && html.contains("lang=\"ar\""));
}

#[test]
fn the_sheet_stays_small_and_has_no_more_than_twenty_tokens() {
    assert!(STYLE.len() <= 9_000, "{} bytes", STYLE.len());
    let mut tokens: Vec<&str> = STYLE
        .split("--candor-")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default())
        .collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert!(tokens.len() <= 20, "{tokens:?}");
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"), "a sheet that asks another host");
}

fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}
