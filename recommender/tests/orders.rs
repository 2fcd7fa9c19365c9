//! What is read from a file of orders, and what is refused.

use std::io::Write;

use candor_protocol::Timestamp;
use candor_recommender::{Broken, FitError, Model, Orders, ReadError, Settings};

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn read(lines: &str) -> Result<Orders, ReadError> {
    Orders::read(format!("{HEADER}{lines}").as_bytes())
}

#[test]
fn purchases_and_returns_are_told_apart() {
    let orders = read(
        "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536365,71053,\"LANTERN, WHITE\",6,2010-12-01 08:26:00,3.39,17850,United Kingdom\n\
         536400,85123A,WHITE HOLDER,1,2010-12-03 09:00:00,2.95,17850,United Kingdom\n\
         C536401,71053,\"LANTERN, WHITE\",-6,2010-12-05 08:26:00,3.39,17850,United Kingdom\n\
         536402,71053,\"LANTERN, WHITE\",2,2010-12-02 08:26:00,3.39,13047,France\n",
    )
    .unwrap();
    let names = |data: Vec<candor_recommender::Datum>| data.into_iter().map(|d| d.item).collect::<Vec<_>>();
    assert_eq!(names(orders.bought("17850")), ["85123A", "71053"], "what came back was bought all the same");
    assert_eq!(orders.bought("17850")[0].at, Timestamp::parse("2010-12-03T09:00:00Z"), "last observed");
    assert_eq!(names(orders.returned("17850")), ["71053"]);
    assert!(orders.returned("13047").is_empty() && orders.bought("nobody").is_empty());
    assert_eq!(orders.invoices(orders.customer("17850").unwrap()).len(), 2);
    let lantern = (0..orders.item_count() as u32).find(|item| orders.item_id(*item) == "71053").unwrap();
    assert_eq!((orders.item_title(lantern), orders.item_price(lantern)), ("LANTERN, WHITE", "3.39"));
}

#[test]
fn a_broken_line_is_counted_with_its_number_and_reason_and_the_rest_is_used() {
    let orders = read(
        "536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536366,85123A,WHITE HOLDER,six,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536367,85123A,WHITE HOLDER,6,first of May,2.55,17850,United Kingdom\n\
         536368,85123A,WHITE HOLDER,6\n\
         536369,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,NaN,17850,United Kingdom\n\
         ,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536370,,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536371,<b>,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536372,71053,\"TWO\nLINES\",6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
         536373,71053,WHITE HOLDER,6,2010-02-30 08:26:00,2.55,17850,United Kingdom\n",
    )
    .unwrap();
    let reading = &orders.reading;
    assert_eq!((reading.lines, reading.used, reading.broken), (10, 2, 8));
    assert_eq!(reading.examples[0], Broken { line: 3, reason: "the quantity is no whole number" });
    let lines: Vec<u64> = reading.examples.iter().map(|broken| broken.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9, 12]);
    assert_eq!(orders.bought("17850").len(), 2);
}

#[test]
fn lines_of_nobody_fees_and_corrections_are_set_aside() {
    let orders = read(
        "1,POST,POSTAGE,1,2010-12-01 08:26:00,18,12583,France\n\
         2,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,,United Kingdom\n\
         3,85123A,,-10,2010-12-01 08:26:00,0,17850,United Kingdom\n\
         4,85123A,WHITE HOLDER,1,2010-12-01 08:26:00,0,17850,United Kingdom\n\
         5,85123A,WHITE HOLDER,1,12/1/2010 8:26,2.55,17850,United Kingdom\n",
    )
    .unwrap();
    assert_eq!((orders.reading.used, orders.reading.set_aside, orders.reading.broken), (1, 4, 0));
    assert_eq!(orders.bought("17850")[0].at, Timestamp::parse("2010-12-01T08:26:00Z"));
}

#[test]
fn a_file_that_is_no_such_csv_is_refused_by_the_columns_it_lacks() {
    let refused = |bytes: &[u8]| Orders::read(bytes).unwrap_err();
    let ReadError::NotOrders { missing } = refused(b"InvoiceNo,StockCode,Description,Quantity\n1,2,3,4\n") else {
        panic!("another refusal")
    };
    assert_eq!(missing, ["InvoiceDate", "UnitPrice", "CustomerID"]);
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"{\"version\": 1}"] {
        let refusal = refused(bytes);
        assert_eq!(refusal.code(), "not-orders");
        assert!(refusal.to_string().contains("InvoiceNo"), "{refusal}");
    }
    assert_eq!(read("a,b\n").unwrap_err().code(), "no-orders");
    let missing = Orders::open(std::path::Path::new("/nowhere/orders.csv")).unwrap_err();
    assert_eq!(missing.code(), "orders-open");
    assert!(missing.to_string().contains("/nowhere/orders.csv"));
}

#[test]
fn gzip_is_seen_by_its_first_bytes_and_a_cut_one_is_told() {
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    write!(zipped, "{HEADER}").unwrap();
    for line in 0..5_000 {
        writeln!(zipped, "{line},A{},THING,1,2010-12-01 08:26:00,2.55,{},X", line % 97, line * 31 % 89).unwrap();
    }
    let bytes = zipped.finish().unwrap();
    let folder = std::env::temp_dir().join(format!("candor-orders-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (whole, cut) = (folder.join("orders.csv"), folder.join("cut.csv.gz"));
    std::fs::write(&whole, &bytes).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let orders = Orders::open(&whole).unwrap();
    assert_eq!(orders.reading.used, 5_000);
    assert_eq!(Orders::open(&cut).unwrap_err().code(), "orders-io");
    let settings = Settings { min_buyers: 40, threads: 1, ..Settings::default() };
    assert!(Model::fit(&orders, &settings, |_| true).unwrap().item_count() > 0);
    let none = Settings { min_buyers: 10_000, ..settings };
    assert_eq!(Model::fit(&orders, &none, |_| true).err(), Some(FitError::NoItems { min_buyers: 10_000 }));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_in_latin_1_is_read() {
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend_from_slice(b"1,A1,CAF\xc9 SIGN,1,2010-12-01 08:26:00,2.55,7,France\n");
    let orders = Orders::read(&bytes[..]).unwrap();
    assert_eq!(orders.item_title(0), "CAFÉ SIGN");
}
