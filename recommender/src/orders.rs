//! Orders in the columns of UCI Online Retail, read line by line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use candor_protocol::{Timestamp, text};

use crate::{Datum, ReadError};

/// Every usable line, by customer and time.
#[derive(Debug, Default)]
pub struct Orders {
    items: Vec<Article>,
    item_index: HashMap<String, u32>,
    customers: Vec<String>,
    customer_index: HashMap<String, u32>,
    /// Sorted by customer, then time, then as read, once `arrange` has run.
    lines: Vec<Line>,
    invoices: HashMap<String, u32>,
    pub reading: Reading,
}

/// What became of the lines of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Lines below the header.
    pub lines: u64,
    pub used: u64,
    /// Lines of nobody known, of no product (postage, fees), and corrections of the stock.
    pub set_aside: u64,
    pub broken: u64,
    /// The first broken lines, with their numbers and reasons.
    pub examples: Vec<Broken>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line in the file, from 1.
    pub line: u64,
    pub reason: &'static str,
}

/// One line of an order or of a return.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal<'a> {
    /// Begins with C where goods were sent back.
    pub invoice: &'a str,
    pub item: &'a str,
    pub title: &'a str,
    pub quantity: i64,
    pub at: Timestamp,
    /// As written, such as `2.55`.
    pub price: &'a str,
    pub customer: &'a str,
}

/// One customer's purchase: its distinct items, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub at: Timestamp,
    pub items: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Article {
    id: String,
    title: String,
    price: String,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    customer: u32,
    item: u32,
    invoice: u32,
    returned: bool,
    at: Timestamp,
}

const COLUMNS: [&str; 7] =
    ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"];

/// Stock codes of Online Retail that stand for no product.
const NO_PRODUCTS: [&str; 12] =
    ["POST", "DOT", "M", "m", "C2", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS"];

const EXAMPLES: usize = 20;

impl Orders {
    /// A `.csv`, or a `.csv.gz` whatever its name.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let open = |cause| ReadError::Open { path: path.to_owned(), cause };
        let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(open)?);
        let zipped = file.fill_buf().map_err(open)?.starts_with(&[0x1f, 0x8b]);
        if zipped { Self::read(flate2::bufread::MultiGzDecoder::new(file)) } else { Self::read(file) }
    }

    /// Streams a CSV. A broken line is counted and told; the rest is used.
    pub fn read(from: impl Read) -> Result<Self, ReadError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(from);
        let header = csv.byte_headers().map_err(io)?.clone();
        let column = |name: &str| header.iter().position(|at| plain(at).eq_ignore_ascii_case(name));
        let missing: Vec<&str> = COLUMNS.into_iter().filter(|name| column(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(ReadError::NotOrders { missing });
        }
        let at = COLUMNS.map(|name| column(name).unwrap_or_default());
        let mut orders = Orders::default();
        let mut record = csv::ByteRecord::new();
        while csv.read_byte_record(&mut record).map_err(io)? {
            orders.reading.lines += 1;
            let line = record.position().map_or(0, csv::Position::line);
            if record.len() != header.len() {
                orders.broken(line, "it has another number of columns than the header");
                continue;
            }
            let fields = at.map(|column| decode(record.get(column).unwrap_or_default()));
            let fields = fields.each_ref().map(|field| field.trim());
            if let Err(reason) = orders.take(fields) {
                orders.broken(line, reason);
            }
        }
        if orders.reading.used == 0 {
            return Err(ReadError::NothingUsable { broken: orders.reading.broken });
        }
        orders.arrange();
        Ok(orders)
    }

    /// The same from deals already in memory.
    pub fn from_deals<'a>(deals: impl IntoIterator<Item = Deal<'a>>) -> Self {
        let mut orders = Orders::default();
        for deal in deals {
            orders.reading.lines += 1;
            orders.add(&deal);
        }
        orders.arrange();
        orders
    }

    pub fn customers(&self) -> &[String] {
        &self.customers
    }

    pub fn customer(&self, id: &str) -> Option<u32> {
        self.customer_index.get(id).copied()
    }

    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    pub fn item_id(&self, item: u32) -> &str {
        self.items.get(item as usize).map_or("", |item| &item.id)
    }

    pub fn item_title(&self, item: u32) -> &str {
        self.items.get(item as usize).map_or("", |item| &item.title)
    }

    /// The last price asked for it.
    pub fn item_price(&self, item: u32) -> &str {
        self.items.get(item as usize).map_or("", |item| &item.price)
    }

    /// A customer's purchases, the earliest first.
    pub fn invoices(&self, customer: u32) -> Vec<Invoice> {
        let mut found: Vec<(u32, Invoice)> = Vec::new();
        for line in self.lines_of(customer).iter().filter(|line| !line.returned) {
            match found.iter_mut().rev().find(|(number, _)| *number == line.invoice) {
                Some((_, invoice)) if invoice.items.contains(&line.item) => {}
                Some((_, invoice)) => invoice.items.push(line.item),
                None => found.push((line.invoice, Invoice { at: line.at, items: vec![line.item] })),
            }
        }
        found.into_iter().map(|(_, invoice)| invoice).collect()
    }

    /// What a customer bought, whether or not it came back: one datum an item.
    pub fn bought(&self, customer: &str) -> Vec<Datum> {
        self.data(customer, false)
    }

    /// What a customer sent back.
    pub fn returned(&self, customer: &str) -> Vec<Datum> {
        self.data(customer, true)
    }

    /// When the first and the last line were written.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.lines.iter().map(|line| line.at);
        times().min().zip(times().max())
    }

    /// Distinct items a customer bought.
    pub(crate) fn items_bought(&self, customer: u32) -> Vec<u32> {
        let bought = self.lines_of(customer).iter().filter(|line| !line.returned);
        let mut items: Vec<u32> = bought.map(|line| line.item).collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    fn data(&self, customer: &str, returned: bool) -> Vec<Datum> {
        let Some(customer) = self.customer(customer) else { return Vec::new() };
        let mut found: Vec<(u32, Timestamp)> = Vec::new();
        for line in self.lines_of(customer).iter().filter(|line| line.returned == returned) {
            match found.iter_mut().find(|(item, _)| *item == line.item) {
                Some((_, at)) => *at = line.at.max(*at),
                None => found.push((line.item, line.at)),
            }
        }
        found.into_iter().map(|(item, at)| Datum { item: self.item_id(item).to_owned(), at: Some(at) }).collect()
    }

    fn lines_of(&self, customer: u32) -> &[Line] {
        let from = self.lines.partition_point(|line| line.customer < customer);
        let to = self.lines.partition_point(|line| line.customer <= customer);
        &self.lines[from..to]
    }

    fn broken(&mut self, line: u64, reason: &'static str) {
        self.reading.broken += 1;
        if self.reading.examples.len() < EXAMPLES {
            self.reading.examples.push(Broken { line, reason });
        }
    }

    fn take(&mut self, fields: [&str; 7]) -> Result<(), &'static str> {
        let [invoice, item, title, quantity, at, price, customer] = fields;
        if invoice.is_empty() {
            return Err("it has no invoice number");
        }
        if item.is_empty() {
            return Err("it has no stock code");
        }
        if item.len() > 128 || customer.len() > 128 || invoice.len() > 128 {
            return Err("an identifier is longer than 128 bytes");
        }
        let quantity = quantity.parse().map_err(|_| "the quantity is no whole number")?;
        let at = read_time(at).ok_or("the date is none, as in 2010-12-01 08:26:00")?;
        if !price.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err("the price is no number");
        }
        if !NO_PRODUCTS.contains(&item) && !text::is_id(item) {
            return Err("the stock code holds characters that no identifier may hold");
        }
        self.add(&Deal { invoice, item, title, quantity, at, price, customer });
        Ok(())
    }

    fn add(&mut self, deal: &Deal<'_>) {
        let returned = deal.invoice.starts_with('C');
        let given_away = deal.price.parse::<f64>().is_ok_and(|price| price <= 0.0);
        // Nobody known; postage and fees; and stock written off, which no customer did.
        let nobody = deal.customer.is_empty() || deal.customer == "NA";
        if nobody || NO_PRODUCTS.contains(&deal.item) || (!returned && (deal.quantity <= 0 || given_away)) {
            self.reading.set_aside += 1;
            return;
        }
        self.reading.used += 1;
        let item = self.item(deal);
        let customer = number(&mut self.customer_index, deal.customer);
        if customer as usize == self.customers.len() {
            self.customers.push(deal.customer.to_owned());
        }
        let invoice = number(&mut self.invoices, deal.invoice);
        self.lines.push(Line { customer, item, invoice, returned, at: deal.at });
    }

    fn item(&mut self, deal: &Deal<'_>) -> u32 {
        let item = number(&mut self.item_index, deal.item);
        if item as usize == self.items.len() {
            self.items.push(Article { id: deal.item.to_owned(), title: String::new(), price: String::new() });
        }
        let article = &mut self.items[item as usize];
        if !deal.title.is_empty() {
            article.title.clear();
            article.title.push_str(deal.title);
        }
        article.price.clear();
        article.price.push_str(deal.price);
        item
    }

    fn arrange(&mut self) {
        self.lines.sort_by_key(|line| (line.customer, line.at));
    }
}

fn number(index: &mut HashMap<String, u32>, id: &str) -> u32 {
    if let Some(known) = index.get(id) {
        return *known;
    }
    let new = index.len() as u32;
    index.insert(id.to_owned(), new);
    new
}

/// `2010-12-01 08:26:00`, or with `T`, or without seconds; the spreadsheet's
/// `12/1/2010 8:26` as well. The shop's own time, taken as it stands.
fn read_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = time.trim_end_matches('Z').split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let date = match date.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => date.to_owned(),
    };
    Timestamp::parse(&format!("{date}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// UTF-8, else Latin-1, which the original spreadsheet's export is in.
fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn plain(header: &[u8]) -> String {
    decode(header).trim_start_matches('\u{feff}').trim().to_owned()
}

fn io(error: csv::Error) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => ReadError::Io(error),
        other => ReadError::Io(std::io::Error::other(format!("{other:?}"))),
    }
}
