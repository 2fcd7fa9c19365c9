//! A year of the shop's orders from shoppers with known tastes, the same every
//! time, in the columns of UCI Online Retail.

use crate::catalogue::Catalogue;
use crate::language::Language;
use crate::persona::Persona;
use crate::seeded::Seeded;
use candor_protocol::Timestamp;
use std::fmt::Write as _;

/// One line of an order. A line of an invoice that begins with `C` went back.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub invoice: String,
    pub item: String,
    pub quantity: i32,
    pub at: Timestamp,
    pub customer: String,
}

/// What a shopper with this taste looks at.
const TASTES: [&[&str]; 6] = [
    &["1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009", "1010", "6001"],
    &["2001", "2002", "2003", "2004", "2005", "2006", "2007", "2008", "2009", "2010", "1010"],
    &["3001", "3002", "3003", "3004", "3005", "3006", "3007", "3008", "3009", "3010", "4007"],
    &["4001", "4002", "4003", "4004", "4005", "4006", "4007", "4008"],
    &["5001", "5002", "5003", "5004", "5005", "5006", "5007"],
    &["6001", "6002", "6003", "1004", "1009", "2006", "2008", "3010"],
];
/// How many of a hundred shoppers have it.
const SHARES: [u64; 6] = [26, 22, 20, 14, 10, 8];
/// Everybody's favourites, so that "popular" means something.
const FAVOURITES: &[&str] = &["6001", "1003", "2006", "3004", "4005", "1002", "4001", "3003"];
/// What often goes along in the same parcel.
const COMPANIONS: &[(&str, &[&str])] = &[
    ("5001", &["5004", "5006", "5002"]),
    ("3005", &["3003", "3001"]),
    ("1001", &["1007", "1002"]),
    ("2003", &["2010"]),
    ("4003", &["4002"]),
    ("3002", &["3006"]),
    ("4001", &["4008"]),
    ("1010", &["1002"]),
    ("2007", &["2002"]),
    ("2005", &["2006"]),
    ("4004", &["4005"]),
];
/// How often, of a hundred times.
const ALONG: u64 = 72;
/// What people bring to a birth.
const GIFTS: [&str; 4] = ["5003", "5005", "5007", "5003"];
const SHOPPERS: u64 = 600;
const FIRST_DAY: &str = "2025-11-20T00:00:00Z";
const DAYS: u64 = 340;
const SEED: u64 = 20_261_122;

/// All lines, oldest first: the personas' own and those of 600 shoppers.
pub fn year(catalogue: &Catalogue) -> Vec<Line> {
    let mut orders = personas();
    let mut seeded = Seeded::new(SEED);
    for shopper in 0..SHOPPERS {
        shop(&mut orders, &mut seeded, shopper);
    }
    orders.retain(|order| catalogue.get(&order.item).is_some());
    orders.sort_by(|a, b| (a.at, &a.customer, a.item.as_str()).cmp(&(b.at, &b.customer, b.item.as_str())));
    number(&mut orders);
    orders
}

/// The lines as a CSV file.
pub fn csv(lines: &[Line], catalogue: &Catalogue) -> String {
    let mut out = String::from("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    for line in lines {
        let Some(product) = catalogue.get(&line.item) else { continue };
        let at = line.at.to_string().replace('T', " ").replace('Z', "");
        let title = product.title(Language::English).to_uppercase().replace('"', "\"\"");
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{},{},\"{title}\",{},{at},{},{},United Kingdom",
            line.invoice, line.item, line.quantity, product.price, line.customer
        );
    }
    out
}

fn personas() -> Vec<Line> {
    let mut lines = Vec::new();
    for persona in Persona::ALL {
        let Some(customer) = persona.own_number() else { continue };
        for order in persona.past() {
            let at = Timestamp::parse(&format!("{}T18:20:00Z", order.on)).unwrap_or_default();
            for item in order.bought {
                lines.push(line(item, 1, at, customer));
            }
            for item in order.sent_back {
                lines.push(line(item, -1, at.plus_days(9), customer));
            }
        }
    }
    lines
}

fn shop(lines: &mut Vec<Line>, seeded: &mut Seeded, shopper: u64) {
    let customer = (10_001 + shopper).to_string();
    let taste = by_share(seeded.below(100));
    let second = by_share(seeded.below(100));
    let often_sends_back = seeded.below(10) == 0;
    let mut owned: Vec<&str> = Vec::new();
    let first = Timestamp::parse(FIRST_DAY).unwrap_or_default();
    for _ in 0..2 + seeded.below(6) {
        let day = seeded.below(DAYS) as i64;
        let at = Timestamp(first.plus_days(day).0 + (9 * 60 + seeded.below(660)) as i64 * 60_000);
        for _ in 0..1 + seeded.below(4) {
            let pool = match seeded.below(100) {
                0..70 => TASTES[taste],
                70..85 => TASTES[second],
                _ => FAVOURITES,
            };
            let item = pool[seeded.below(pool.len() as u64) as usize];
            // Tea, seeds and candles are used up; a casserole is bought once.
            if owned.contains(&item) && !is_used_up(item) {
                continue;
            }
            owned.push(item);
            let companions = COMPANIONS.iter().find(|(of, _)| *of == item).map_or(&[][..], |(_, with)| with);
            for companion in companions {
                if seeded.below(100) < ALONG && !owned.contains(companion) {
                    owned.push(companion);
                    lines.push(line(companion, 1, at, &customer));
                }
            }
            let quantity = if is_used_up(item) { 1 + seeded.below(3) as i32 } else { 1 };
            lines.push(line(item, quantity, at, &customer));
            if seeded.below(100) < if often_sends_back { 30 } else { 4 } {
                lines.push(line(item, -quantity, at.plus_days(3 + seeded.below(18) as i64), &customer));
            }
        }
    }
    // Somebody had a baby: one gift, and paper to wrap it in.
    if taste != 4 && seeded.below(100) < 8 {
        let at = first.plus_days(seeded.below(DAYS) as i64).plus_hours(12);
        lines.push(line(GIFTS[seeded.below(4) as usize], 1, at, &customer));
        if seeded.below(2) == 0 {
            lines.push(line("4005", 1, at, &customer));
        }
    }
}

fn by_share(mut at: u64) -> usize {
    for (taste, share) in SHARES.iter().enumerate() {
        if at < *share {
            return taste;
        }
        at -= share;
    }
    0
}

fn is_used_up(item: &str) -> bool {
    matches!(item, "1003" | "1004" | "1005" | "1009" | "3004" | "3007" | "3009" | "4004" | "4005" | "6001")
}

fn line(item: &str, quantity: i32, at: Timestamp, customer: &str) -> Line {
    Line { invoice: String::new(), item: item.to_owned(), quantity, at, customer: customer.to_owned() }
}

/// Numbers the invoices in order of time; what goes back gets an invoice of its own.
fn number(lines: &mut [Line]) {
    let mut next = 700_000;
    let mut last: Option<(Timestamp, String, bool)> = None;
    for line in lines {
        let key = (line.at, line.customer.clone(), line.quantity < 0);
        if last.as_ref() != Some(&key) {
            next += 1;
        }
        line.invoice = if line.quantity < 0 { format!("C{next}") } else { next.to_string() };
        last = Some(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_the_same_every_time() {
        let catalogue = Catalogue::own();
        assert_eq!(csv(&year(&catalogue), &catalogue), csv(&year(&catalogue), &catalogue));
    }

    #[test]
    fn the_year_holds_what_a_shop_would_have_seen() {
        let catalogue = Catalogue::own();
        let lines = year(&catalogue);
        let customers: std::collections::BTreeSet<&str> = lines.iter().map(|line| line.customer.as_str()).collect();
        assert!(customers.len() > 590, "{} customers", customers.len());
        for product in catalogue.iter() {
            let buyers: std::collections::BTreeSet<&str> = lines
                .iter()
                .filter(|line| line.item == product.id && line.quantity > 0)
                .map(|line| line.customer.as_str())
                .collect();
            assert!(buyers.len() >= 20, "{} has {} buyers", product.id, buyers.len());
        }
        let back = lines.iter().filter(|line| line.invoice.starts_with('C')).count();
        assert!(back > lines.len() / 50 && back < lines.len() / 5, "{back} of {}", lines.len());
    }

    #[test]
    fn what_goes_back_was_bought_before() {
        let lines = year(&Catalogue::own());
        for back in lines.iter().filter(|line| line.quantity < 0) {
            assert!(back.invoice.starts_with('C'));
            assert!(lines.iter().any(|line| {
                line.quantity > 0 && line.customer == back.customer && line.item == back.item && line.at < back.at
            }));
        }
    }

    #[test]
    fn the_file_is_valid_csv_in_the_columns_of_online_retail() {
        let catalogue = Catalogue::own();
        let text = csv(&year(&catalogue), &catalogue);
        let mut rows = text.lines();
        assert_eq!(
            rows.next(),
            Some("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")
        );
        for row in rows {
            let (head, rest) = row.split_once('"').expect("a quoted description");
            let (description, tail) = rest.split_once('"').expect("its end");
            assert_eq!(head.matches(',').count(), 2, "{row}");
            assert_eq!(tail.matches(',').count(), 5, "{row}");
            assert!(!description.is_empty());
            let fields: Vec<&str> = tail.split(',').collect();
            assert!(fields[1].parse::<i32>().is_ok_and(|quantity| quantity != 0), "{row}");
            assert!(Timestamp::parse(&format!("{}Z", fields[2].replace(' ', "T"))).is_some(), "{row}");
        }
    }
}
