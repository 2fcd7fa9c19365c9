//! Earlier choices from a file.

use std::path::PathBuf;

use candor_service::import::{Figures, import};
use serde_json::json;

use crate::house::{House, ORDERS, RETURNS, SITE, bytes_in, holds};

fn file(house: &House, text: impl AsRef<[u8]>) -> PathBuf {
    let path = house.folder.path().join(crate::house::unique("choices"));
    std::fs::write(&path, text).unwrap();
    path
}

async fn take(house: &House, text: &str) -> (Figures, String) {
    let mut report = Vec::new();
    let figures = import(&house.app, SITE, &file(house, text), &mut report).await.unwrap();
    (figures, String::from_utf8(report).unwrap())
}

#[tokio::test]
async fn denials_hold_and_grants_hold_where_their_notice_is_published() {
    let house = House::open().await;
    let notice = house.notice();
    let text = format!(
        "customer,control,choice,at,notice,channel,evidence,datum\n\
         hanna,{ORDERS},granted,2026-11-01T10:00:00Z,{notice},counter,\"form 17, page 2\",\n\
         hanna,{RETURNS},denied,2020-01-01T00:00:00Z,,telephone,call 3,\n\
         hanna,{ORDERS},denied,2024-01-01T00:00:00Z,,,,22698\n\
         tomek,{ORDERS},granted,2026-11-01T10:00:00Z,,,,\n\
         tomek,{RETURNS},granted,2026-11-01T10:00:00Z,sha256-unknown,,,\n\
         tomek,{RETURNS},granted,2024-11-01T10:00:00Z,{notice},,,\n"
    );
    let (figures, report) = take(&house, &text).await;
    assert_eq!(figures, Figures { denials: 2, grants: 1, skipped: 3, ..Figures::default() }, "{report}");
    let lines: Vec<&str> = report.lines().map(|line| line.rsplitn(2, ": ").last().unwrap()).collect();
    assert_eq!(lines, ["line 5: no-notice", "line 6: unknown-notice", "line 7: too-old"]);
    let hanna = house.sign_in("hanna", "d1").await;
    let controls = house.choices(&hanna).await["controls"].clone();
    assert_eq!((&controls[ORDERS]["choice"], &controls[RETURNS]["choice"]), (&json!("granted"), &json!("denied")));
    assert_eq!(controls[ORDERS]["left_out"], json!(["22698"]));
    let export = house.shop("GET", "/v1/subjects/shop:hanna/export", None).await.body;
    assert_eq!(export["imports"][0]["channel"], "telephone");
    assert_eq!(export["imports"][1]["evidence"], "form 17, page 2");
    assert_eq!(export["decisions"][0]["method"], "import");
    assert_eq!(
        house.shop("GET", "/v1/subjects/shop:tomek/export", None).await.status,
        404,
        "nobody is begun for nothing"
    );
}

#[tokio::test]
async fn a_file_imported_twice_has_the_effect_of_once() {
    let house = House::open().await;
    let notice = house.notice();
    let text = format!(
        "customer,control,choice,at,notice\nhanna,{ORDERS},granted,2026-11-01T10:00:00Z,{notice}\n\
         hanna,{RETURNS},denied,2020-01-01T00:00:00Z,\nhanna,{RETURNS},denied,2020-01-01T00:00:00Z,\n"
    );
    assert_eq!(take(&house, &text).await.0, Figures { denials: 1, grants: 1, repeated: 1, ..Figures::default() });
    let hanna = house.sign_in("hanna", "d1").await;
    // She switched on herself what the file denies: the file again does not undo it.
    house.set(&hanna, 1, RETURNS, "granted").await;
    let before = house.choices(&hanna).await;
    assert_eq!(take(&house, &text).await.0, Figures { repeated: 3, ..Figures::default() });
    assert_eq!(house.choices(&hanna).await, before);
}

#[tokio::test]
async fn a_grant_lifts_no_denial_and_a_denial_ends_a_grant_wherever_they_stand_in_the_file() {
    let house = House::open().await;
    let notice = house.notice();
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "granted").await;
    let text = format!(
        "customer,control,choice,at,notice\nhanna,{ORDERS},granted,2026-11-02T10:00:00Z,{notice}\n\
         hanna,{ORDERS},denied,2026-11-01T10:00:00Z,\nhanna,{RETURNS},denied,2020-01-01T00:00:00Z,\n"
    );
    let (figures, report) = take(&house, &text).await;
    assert_eq!(figures, Figures { denials: 2, ended: 1, superseded: 1, ..Figures::default() });
    assert!(report.contains("line 4: ended-a-grant") && report.contains("line 2: superseded"), "{report}");
    let controls = house.choices(&hanna).await["controls"].clone();
    assert_eq!((&controls[ORDERS]["choice"], &controls[RETURNS]["choice"]), (&json!("denied"), &json!("denied")));
}

#[tokio::test]
async fn who_was_erased_does_not_come_back_by_the_same_file() {
    let house = House::open().await;
    let notice = house.notice();
    let text = format!(
        "customer,control,choice,at,notice\nhanna,{ORDERS},granted,2026-11-01T10:00:00Z,{notice}\n\
         hanna,{RETURNS},denied,2020-01-01T00:00:00Z,\n"
    );
    let text = format!("{text}tomek,{RETURNS},denied,2020-01-01T00:00:00Z,\n");
    assert_eq!(take(&house, &text).await.0, Figures { denials: 2, grants: 1, ..Figures::default() });
    assert_eq!(house.shop("DELETE", "/v1/subjects/shop:hanna", None).await.status, 200);
    let (figures, report) = take(&house, &text).await;
    assert_eq!(figures, Figures { repeated: 2, skipped: 1, ..Figures::default() }, "{report}");
    assert!(report.starts_with("line 2: erased-since: "), "{report}");
    let one = format!("customer,control,choice,at,datum\nhanna,{ORDERS},denied,2024-01-01T00:00:00Z,22698\n");
    assert_eq!(take(&house, &one).await.0, Figures { skipped: 1, ..Figures::default() });
    assert_eq!(house.evaluate("shop:hanna", "orders").await["context"]["reason"], "unknown-subject");
    assert_eq!(house.evaluate("shop:hanna", "returns").await["context"]["reason"], "denied", "her no outlived it");
    assert_eq!(house.shop("GET", "/v1/subjects/shop:hanna/export", None).await.status, 404, "nobody is begun for it");
    // She is back and switched on what she had refused: the file again does not undo it.
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, RETURNS, "granted").await;
    let before = house.choices(&hanna).await;
    assert_eq!(take(&house, &text).await.0, figures);
    assert_eq!(house.choices(&hanna).await, before);
    // A no of before the erasure that nobody knew of then is taken: none is lost.
    let other = format!("customer,control,choice,at\nhanna,{ORDERS},denied,2021-01-01T00:00:00Z\n");
    assert_eq!(take(&house, &other).await.0, Figures { denials: 1, ..Figures::default() });
    assert_eq!(house.choices(&hanna).await["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn bad_lines_are_named_and_stop_no_other() {
    let house = House::open().await;
    // As long as a sign-in token may name a customer, and a byte longer.
    let (longest, long) = ("c".repeat(256), "c".repeat(257));
    let text = "\u{feff}At;x\n";
    let unknown = import(&house.app, SITE, &file(&house, text), &mut Vec::new()).await.unwrap_err();
    assert!(unknown.contains("unknown columns: at;x"), "{unknown}");
    let twice = import(&house.app, SITE, &file(&house, "customer,control,choice,at,at\n"), &mut Vec::new()).await;
    assert!(twice.unwrap_err().contains("the column at is there twice"));
    let missing = import(&house.app, SITE, &file(&house, "customer,control,at\n"), &mut Vec::new()).await;
    assert!(missing.unwrap_err().contains("the column choice is missing"));

    let mut bytes = format!(
        "\u{feff}customer,control,choice,at\r\n\
         hanna,recommendation/orders,denied,2020-01-01T00:00:00Z\r\n\
         {long},{ORDERS},denied,2020-01-01T00:00:00Z\r\n\
         hanna,{ORDERS},no,2020-01-01T00:00:00Z\r\n\
         hanna,{ORDERS},denied,last year\r\n\
         hanna,{ORDERS},denied,2030-01-01T00:00:00Z\r\n\
         hanna,security/orders,denied,2020-01-01T00:00:00Z\r\n\
         hanna,{ORDERS},denied\r\n\
         {longest},{ORDERS},denied,2020-01-01T00:00:00Z\r\n\
         \"hanna\",\"{ORDERS}\",\"Denied\",2020-01-01T00:00:00Z\r\n"
    )
    .into_bytes();
    bytes.extend(b"h\xffnna,recommendations/orders,denied,2020-01-01T00:00:00Z\r\n");
    let mut report = Vec::new();
    let figures = import(&house.app, SITE, &file(&house, bytes), &mut report).await.unwrap();
    let report = String::from_utf8(report).unwrap();
    assert_eq!((figures.denials, figures.bad), (2, 8), "{report}");
    let codes: Vec<&str> = report.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    let expected = [
        "unknown-control",
        "no-customer",
        "unknown-choice",
        "unreadable-time",
        "in-the-future",
        "required-control",
        "broken-line",
        "broken-line",
    ];
    assert_eq!(codes, expected);
    assert!(report.starts_with("line 2: unknown-control: recommendation/orders is no control"), "{report}");
    assert!(!report.contains("hanna"), "the report names no customer");
    for customer in ["hanna", &longest] {
        let shopper = house.sign_in(customer, "d1").await;
        assert_eq!(house.choices(&shopper).await["controls"][ORDERS]["choice"], "denied", "{customer}");
    }
}

#[tokio::test]
async fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
    let house = House::open().await;
    let mut text = String::from("customer,control,choice,at\nhanna,\"");
    text.push_str(&"x".repeat(2_000_000));
    let stopped = import(&house.app, SITE, &file(&house, text), &mut Vec::new()).await.unwrap_err();
    assert!(stopped.contains("is a quote not closed?"), "{stopped}");
}

#[tokio::test]
async fn lines_that_a_quote_left_open_took_are_named_and_none_is_lost_in_silence() {
    let house = House::open().await;
    let head = "customer,control,choice,at,evidence";
    let line = |customer: &str, evidence: &str| format!("{customer},{ORDERS},denied,2020-01-01T00:00:00Z,{evidence}");
    let told = |lines: &[&str], end: &str| format!("{head}{end}{}", lines.join(end));
    let over = |from: u64, to: u64| format!("line {from}: broken-line: It goes over lines {from} to {to}, and none");
    // What becomes of the lines, with each way to end one.
    let cases = [
        // Open to the next quote, and so to one that opens a field.
        (vec![line("a", "\"form 17"), line("b", ""), line("c", "\"form 18, page 2\""), line("d", "")], 1, over(2, 4)),
        // Two stray ones in the last column: the record is as wide as any.
        (vec![line("a", "\"form 17"), line("b", ""), line("c", "form 18\""), line("d", "")], 1, over(2, 4)),
        (vec![line("a", ""), line("b", "\"form 17"), line("c", ""), line("d", "")], 1, over(3, 5)),
        (vec![line("a", ""), line("b", ""), line("c", ""), line("d", "\"form"), String::new()], 3, {
            "line 5: broken-line: A quote in it is not closed.".into()
        }),
        // Nobody chooses for others in words that go over lines.
        (
            vec![line("a", "\"My words:"), line("b", ""), line("c", "\""), line("\"d\"", "\"a, \"\"b\"\"\"")],
            1,
            over(2, 4),
        ),
    ];
    for (lines, taken, words) in cases {
        for end in ["\n", "\r\n", "\r"] {
            let house = House::open().await;
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let (figures, report) = take(&house, &told(&lines, end)).await;
            assert_eq!(figures, Figures { denials: taken, bad: 1, ..Figures::default() }, "{end:?} {report}");
            assert!(report.starts_with(&words), "{end:?} {report}");
            assert!(report.lines().count() == 1 && !report.contains("form"), "{end:?} {report}");
        }
    }
    let path = file(&house, told(&[&line("a", "")], "\n").replacen("evidence", "\"evidence", 1));
    let stopped = import(&house.app, SITE, &path, &mut Vec::new()).await.unwrap_err();
    assert!(stopped.contains("its first line goes over several lines; is a quote not closed?"), "{stopped}");
}

#[tokio::test]
async fn more_lines_than_a_batch_all_arrive() {
    let house = House::open().await;
    let mut text = String::from("customer,control,choice,at\n");
    for customer in 0..12_345 {
        text.push_str(&format!("c{customer},{ORDERS},denied,2020-01-01T00:00:00Z\n"));
    }
    assert_eq!(take(&house, &text).await.0, Figures { denials: 12_345, ..Figures::default() });
    let counts = house.app.store.read(|view| view.counts(SITE)).unwrap();
    assert_eq!((counts.subjects, counts.decisions), (12_345, 12_345));
}

/// Two programs over one store, as when a service runs during an import.
#[tokio::test]
async fn a_service_beside_an_import_decides_nothing_on_what_is_no_longer_so() {
    let house = House::open().await;
    let hanna = house.sign_in("hanna", "d1").await;
    house.set(&hanna, 1, ORDERS, "granted").await;
    let seen = house.choices(&hanna).await["rev"].as_u64().unwrap();
    let beside = House::in_folder(house.folder.clone(), house.clock.clone(), |_| {}).await;
    let text = format!("customer,control,choice,at\nhanna,{ORDERS},denied,2020-01-01T00:00:00Z\n");
    assert_eq!(take(&beside, &text).await.0.ended, 1);
    // At once, before the first service looked for what is new: this grant had not seen the denial.
    let tablet = house.sign_in("hanna", "d2").await;
    let grant = house.decision(&tablet, 1, seen, json!([{"control": ORDERS, "choice": "granted"}]));
    let answer = house.decide(&tablet, json!([grant])).await;
    assert_eq!(answer.body["outcomes"][0]["results"], json!(["superseded"]), "{}", answer.text);
    assert_eq!(answer.body["choices"]["controls"][ORDERS]["choice"], "denied");
}

#[tokio::test]
async fn where_an_imported_choice_came_from_is_erased_with_it() {
    let house = House::open().await;
    let text = format!(
        "customer,control,choice,at,evidence\nhanna,{ORDERS},denied,2020-01-01T00:00:00Z,canary-of-the-import\n"
    );
    let path = file(&house, text);
    import(&house.app, SITE, &path, &mut Vec::new()).await.unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(holds(&bytes_in(house.folder.path()), "canary-of-the-import"));
    assert_eq!(house.shop("DELETE", "/v1/subjects/shop:hanna", None).await.status, 200);
    assert!(!holds(&bytes_in(house.folder.path()), "canary-of-the-import"));
}

#[tokio::test]
async fn words_in_the_column_of_a_denials_notice_are_no_hash_and_whoever_denied_is_read_again() {
    let house = House::open().await;
    let text = format!(
        "customer,control,choice,at,notice\nhanna,{RETURNS},denied,2020-01-01T00:00:00Z,Privacy policy v3\n\
         tomek,{ORDERS},granted,2026-11-01T10:00:00Z,Privacy policy v3\n"
    );
    let (figures, report) = take(&house, &text).await;
    assert_eq!(figures, Figures { denials: 1, skipped: 1, ..Figures::default() }, "{report}");
    assert!(report.starts_with("line 3: no-notice"), "{report}");
    let house = house.restart().await;
    assert_eq!(house.evaluate("shop:hanna", "returns").await["context"]["reason"], "denied");
    assert_eq!(take(&house, &text).await.0, Figures { repeated: 1, skipped: 1, ..Figures::default() });
}

#[tokio::test]
async fn a_line_is_named_by_where_its_first_byte_stands_however_lines_end() {
    let house = House::open().await;
    let far = "\r\n".repeat(5_000);
    // Of each line but the head it is said that it is broken.
    let cases = [
        ("\nx\nx", vec![2, 3]),
        ("\r\nx\r\nx\r\n", vec![2, 3]),
        ("\n\nx\n\n\nx\n\n\n", vec![3, 6]),
        ("\r\n\r\nx\r\n\r\n\r\nx\r\n\r\n", vec![3, 6]),
        ("\nx\r\nx\nx\r\n\r\n\nx\r\n", vec![2, 3, 4, 7]),
        ("\r\nx\nx\r\nx", vec![2, 3, 4]),
        ("\r\n\"a\r\n\r\nb\nc\"\r\nx\n\n\"d\n\"\nx", vec![2, 6, 8, 10]),
        ("\rx\r\rx\r", vec![2, 4]),
        ("\n\n\n", vec![]),
        // Across what is read at once, a line end in the middle of the two.
        (&*format!("\n{far}x\r\n{far}x"), vec![5_002, 10_003]),
    ];
    for (lines, expected) in cases {
        for (begin, before) in [("", 0), ("\u{feff}", 0), ("\u{feff}\r\n\n", 2)] {
            let (_, report) = take(&house, &format!("{begin}customer,control,choice,at{lines}")).await;
            let named: Vec<u64> = report
                .lines()
                .map(|line| line.strip_prefix("line ").unwrap().split_once(": broken-line").unwrap().0.parse().unwrap())
                .collect();
            let expected: Vec<u64> = expected.iter().map(|line| line + before).collect();
            assert_eq!(named, expected, "{begin:?} {:?}", lines.get(..40).unwrap_or(lines));
        }
    }
}
