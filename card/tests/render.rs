//! The server's rendering of every state: what it says, to the eye and to
//! assistive technology.

mod states;

use candor_card::*;
use candor_protocol::{Change, Choice, DecisionMethod, Standing};
use candor_words::{LANGUAGES, Words, bundled};
use leptos::prelude::*;
use states::locale::Simple;
use states::*;

fn in_language<T>(language: &'static str, make: impl FnOnce(&Words<'_>) -> T) -> T {
    let locale = Simple(language);
    make(&Words { catalogue: bundled(language), locale: &locale })
}

fn view(input: &WhyInput) -> WhyView {
    in_language("en", |words| why_view(input, words))
}

fn card(name: &str) -> WhyInput {
    cards().into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no state {name}")).1
}

fn html(view: WhyView) -> String {
    Owner::new().with(|| Why(WhyProps { view: Signal::stored(view), on: Callback::new(|_| {}) }).to_html())
}

fn panel_html(view: PanelView) -> String {
    Owner::new().with(|| Panel(PanelProps { view: Signal::stored(view), on: Callback::new(|_| {}) }).to_html())
}

fn ask_html(view: AskView) -> String {
    Owner::new().with(|| Ask(AskProps { view: Signal::stored(view), on: Callback::new(|_| {}) }).to_html())
}

/// Every state in every language, as markup.
fn everything() -> Vec<(String, String)> {
    let mut out = Vec::new();
    for language in LANGUAGES {
        in_language(language, |words| {
            for (name, input) in cards() {
                out.push((format!("{name} {language}"), html(why_view(&input, words))));
            }
            for (name, input) in panels() {
                out.push((format!("{name} {language}"), panel_html(panel_view(&input, words))));
            }
            for (name, input) in asks() {
                out.push((format!("{name} {language}"), ask_html(ask_view(&input, words))));
            }
        });
    }
    out
}

fn said(pieces: &[Piece]) -> String {
    let each = pieces.iter().map(|piece| match piece {
        Piece::Plain(text) | Piece::Name(text) => text.as_str(),
    });
    each.collect()
}

fn row<'a>(view: &'a WhyView, control: &str) -> &'a Row {
    let sources = view.sources.as_ref().expect("a second layer");
    let mut all = sources.rows.iter().chain(&sources.more).chain(&sources.unused);
    all.find(|row| row.control == control).unwrap_or_else(|| panic!("no row {control}"))
}

fn switch_of<'a>(view: &'a WhyView, control: &str) -> &'a Switch {
    row(view, control).switch.as_ref().expect("a switch")
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
    assert_eq!(view(&card("first")).live, "");
    assert_eq!(view(&card("off-saved")).live, "Your orders: Off. Not used for your picks any more.");
    assert_eq!(view(&card("off-saved")).live, view(&card("off-not-sent")).live, "saving is not a second message");
    assert_eq!(view(&card("all-off")).live, "Off. None of your data is used for your picks.");
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
    for (name, sentence) in pairs {
        assert_eq!(said(&view(&card(name)).sentence), sentence, "{name}");
    }
}

#[test]
fn a_source_says_its_weight_its_effect_and_what_would_change() {
    let view = view(&card("sources"));
    let orders = row(&view, ORDERS);
    assert_eq!(orders.weight.as_deref(), Some("Main reason"));
    assert_eq!(orders.effect.as_ref().map(|(seen, _)| seen.as_str()), Some("Without it: not in this list"));
    assert_eq!(orders.changes.as_deref(), Some("Without this, 4 of 5 items change."));
    assert_eq!(orders.see.as_ref().map(|see| see.label.as_str()), Some("See them"));
    assert!(orders.preview.is_none());
    let kept = orders.kept.as_deref().unwrap_or_default();
    assert_eq!(
        kept,
        "We keep your orders for delivery, returns and tax. Off means: not used to choose products for you."
    );
    let first = &view.sources.as_ref().unwrap().rows[0];
    assert_eq!(first.control, ORDERS, "the strongest first");
    assert_eq!(orders.evidence_rest.as_deref(), Some("and 4 more"));
}

#[test]
fn a_source_that_is_off_lists_no_data() {
    assert!(row(&view(&card("off-saved")), ORDERS).evidence.is_empty());
    assert!(!row(&view(&card("sources")), ORDERS).evidence.is_empty());
}

#[test]
fn a_preview_is_the_list_that_reasoning_ranks() {
    let input = card("preview");
    let view = view(&input);
    let list = row(&view, ORDERS).preview.as_ref().expect("an open preview");
    let DocumentState::Ready { document, .. } = &input.document else { panic!() };
    let ranked = candor_reasoning::preview(document, &candor_reasoning::Without::factor(0)).unwrap();
    let titles: Vec<&str> = ranked.items.iter().map(|id| document.item(id).unwrap().title.as_str()).collect();
    let shown: Vec<&str> = list.items.iter().map(|(line, _)| line.title.as_str()).collect();
    assert_eq!(shown, titles);
    assert!(list.items.iter().any(|(_, moved)| moved == "new"));
    assert!(list.items.iter().all(|(line, _)| line.url.is_some() && line.price.is_some()));
    assert!(html(view).contains("href=\"/product/"));
}

#[test]
fn switching_off_is_one_act_and_its_undo_is_the_opposite() {
    let before = view(&card("sources"));
    let off = Change { control: ORDERS.to_owned(), choice: Choice::Denied, datum: None };
    let one = |changes, method| Act::Decide { changes, method, master: false };
    assert_eq!(switch_of(&before, ORDERS).act, one(vec![off], DecisionMethod::Switch));
    let after = view(&card("off-saved"));
    let switch = switch_of(&after, ORDERS);
    assert!(!switch.on);
    let done = switch.done.as_ref().expect("what it did");
    assert_eq!((done.text.as_str(), done.save.as_str()), ("Off. Not used for your picks any more.", "Saved"));
    let on = Change { control: ORDERS.to_owned(), choice: Choice::Granted, datum: None };
    let undo = done.undo.as_ref().expect("a way back");
    assert_eq!(undo.act, one(vec![on], DecisionMethod::Button));
    assert_eq!(undo.name.as_deref(), Some("Undo: Your orders"));
}

#[test]
fn after_a_switch_the_card_speaks_of_the_list_that_will_be_served() {
    let after = view(&card("off-saved"));
    assert_ne!(said(&after.sentence), "Because you bought Green Regency Teacup.");
    assert!(row(&after, ORDERS).weight.is_none());
    assert!(after.sums.is_none(), "the old list's numbers are not the new one's");
}

#[test]
fn a_switch_keeps_its_row_when_the_new_list_no_longer_knows_the_source() {
    let first = view(&card("sources"));
    let mut input = card("off-saved");
    input.document = DocumentState::Ready {
        document: read(&popular_document(serde_json::json!([{"id": "orders", "why": "off"}]))),
        reference: true,
    };
    input.memory = first.memory.clone();
    let after = view(&input);
    let place = |view: &WhyView| view.sources.as_ref().unwrap().rows.iter().position(|row| row.control == ORDERS);
    assert_eq!(place(&after), place(&first));
    assert!(switch_of(&after, ORDERS).done.is_some(), "its Undo is there");
}

#[test]
fn a_datum_left_out_keeps_its_line_and_its_way_back() {
    let mut input = card("left-out");
    input.memory = view(&card("sources")).memory;
    let view = view(&input);
    let line = row(&view, ORDERS).evidence.iter().find(|line| line.datum == "bear").expect("its line");
    assert!(line.left_out);
    assert_eq!(line.button.name.as_deref(), Some("Undo: Baby’s First Bear"));
    assert_eq!(view.live, "Baby’s First Bear: Left out. Not used for your picks any more.");
    let still = row(&view, ORDERS).evidence.iter().find(|line| line.datum == "cup").expect("another line");
    assert!(!still.left_out && switch_of(&view, ORDERS).on, "only what came from it goes");
}

#[test]
fn the_master_denies_every_source_in_use_and_grants_back_just_those() {
    let on = view(&card("first")).master.expect("a master");
    let Act::Decide { changes, master: true, .. } = &on.act else { panic!("{:?}", on.act) };
    let mut denied: Vec<&str> = changes.iter().map(|change| change.control.as_str()).collect();
    denied.sort_unstable();
    assert_eq!(denied, [BASKET, ORDERS, RETURNS]);
    let off = view(&card("all-off")).master.expect("a master");
    assert!(!off.on);
    let Act::Decide { changes, master: true, .. } = &off.act else { panic!("{:?}", off.act) };
    assert!(changes.len() == 3 && changes.iter().all(|change| change.choice == Choice::Granted));
    let nothing_to_grant = view(&card("none-used")).master.expect("a master");
    assert_eq!(nothing_to_grant.act, Act::ShowSources);
}

#[test]
fn numbers_are_drawn_only_where_they_add_up_and_claim_no_more_than_was_checked() {
    let claims = |input: &WhyInput| view(input).sums.expect("a third layer").claims.join(" ");
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
    let sums = view(&input).sums.expect("a third layer");
    assert!(sums.bars.iter().all(|bar| bar.start + bar.width <= 1000 && bar.width > 0));
    let zero: Vec<u16> =
        sums.bars.iter().map(|bar| if bar.against { bar.start + bar.width } else { bar.start }).collect();
    assert!(zero.windows(2).all(|pair| pair[0].abs_diff(pair[1]) <= 4), "{zero:?}");
    assert_eq!(sums.bars.iter().filter(|bar| bar.against).count(), 1);
}

#[test]
fn states_say_what_is_the_matter() {
    let whole = |name: &str| html(view(&card(name)));
    assert!(whole("off-not-sent").contains("Not sent yet"));
    assert!(whole("off-not-sent").contains("Off on this device. We’ll tell the shop when you’re back online."));
    assert!(whole("gpc").contains("Opt-Out Request Honored"));
    assert!(whole("device-off").contains("This device is set to Off; your account is On."));
    assert!(whole("superseded").contains("Not switched on"));
    assert!(whole("no-orders").contains("On, but you have no returns."));
    assert!(whole("lapsed").contains("until you say yes again"));
    assert!(whole("loading").contains("Looking up why"));
    assert!(whole("unreachable").contains("Try again"));
    assert!(whole("feedback").contains("Received. Your number: fb_7K2M"));
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
        assert!(press.starts_with(" type=\"submit\""), "{press}");
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
    let html = ask_html(in_language("en", |words| ask_view(&input, words)));
    let presses: Vec<&str> = html.split("<button").skip(1).map(|press| press.split('>').next().unwrap()).collect();
    assert_eq!(presses.len(), 2);
    assert_eq!(presses[0], presses[1]);
    assert!(html.contains(">Yes, use my orders<") && html.contains(">No, keep these<"));
}

#[test]
fn the_panel_tells_of_every_control_where_its_data_come_from_and_who_gets_them() {
    let (_, input) = panels().swap_remove(0);
    let view = in_language("en", |words| panel_view(&input, words));
    let lines: Vec<&ControlLine> = view.groups.iter().flat_map(|group| &group.controls).collect();
    assert_eq!(lines.len(), notice().controls.len());
    for line in &lines {
        let labels: Vec<&str> = line.details.iter().map(|fact| fact.label.as_str()).collect();
        if !line.control.starts_with("marketing/") {
            assert_eq!(labels, ["Where it comes from", "How long it is kept", "Who gets it"], "{}", line.control);
        }
        // On and off are the same one press.
        let Some(Switch { act: Act::Decide { changes, .. }, .. }) = &line.switch else { panic!("{}", line.control) };
        assert_eq!(changes.len(), 1);
    }
}

#[test]
fn an_unset_control_is_off() {
    let mut input = panel_input();
    input.choices.controls = vec![control(ORDERS, Standing::Unset)];
    let view = in_language("en", |words| panel_view(&input, words));
    let mut lines = view.groups.iter().flat_map(|group| &group.controls);
    assert!(lines.all(|line| line.switch.as_ref().is_some_and(|switch| !switch.on)));
}

#[test]
fn every_language_says_everything_in_its_own_words() {
    for (name, input) in cards() {
        let english = html(in_language("en", |words| why_view(&input, words)));
        for language in ["fr", "pl"] {
            let other = html(in_language(language, |words| why_view(&input, words)));
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
    let html = html(why_view(&card("first"), &words));
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
