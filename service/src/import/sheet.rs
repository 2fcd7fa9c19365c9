//! The file: columns by name, records one at a time.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::numbering::Numbering;

/// Columns a file must have, and those it may have.
pub const MUST: [&str; 4] = ["customer", "control", "choice", "at"];
pub const MAY: [&str; 5] = ["datum", "notice", "locale", "channel", "evidence"];

/// One record, and what its quotes may hold, in bytes.
const RECORD_BYTES: u64 = 64 * 1024;

/// An open file, after its head.
pub struct Sheet {
    reader: Reader<Bounded>,
    /// For each known column, where it stands.
    places: Vec<(&'static str, usize)>,
    width: usize,
    record: ByteRecord,
    watch: Rc<Watch>,
}

/// What is known of the bytes read.
#[derive(Default)]
struct Watch {
    /// How many since the last record ended.
    since: Cell<u64>,
    lines: RefCell<Numbering>,
}

/// The fields of one record by column; empty ones are not there.
pub struct Fields {
    fields: Vec<(&'static str, String)>,
    /// What is wrong with the record as a whole.
    pub broken: Option<Cow<'static, str>>,
}

impl Sheet {
    /// Opens the file and reads its head. RFC 4180, but that no field goes over a line end; UTF-8, with or without a
    /// byte order mark.
    pub fn open(path: &Path) -> Result<Self, String> {
        let told = |why: String| format!("{}: {why}", path.display());
        let file = File::open(path).map_err(|fault| told(format!("cannot be read: {fault}.")))?;
        let watch = Rc::new(Watch::default());
        let bounded = Bounded { file, watch: watch.clone() };
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bounded);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).map_err(|fault| told(format!("{fault}.")))? {
            return Err(told(format!("it is empty. Its first line names the columns: {}.", MUST.join(","))));
        }
        if breaks(&record) > 0 {
            return Err(told("its first line goes over several lines; is a quote not closed?".into()));
        }
        let names: Vec<String> =
            record.iter().map(|name| String::from_utf8_lossy(name).trim().to_ascii_lowercase()).collect();
        let places = places(&names).map_err(told)?;
        Ok(Sheet { reader, places, width: names.len(), record, watch })
    }

    /// The next record and the line it begins on; none at the end.
    pub fn record(&mut self) -> Result<Option<(u64, Fields)>, String> {
        self.watch.since.set(0);
        let read = self.reader.read_byte_record(&mut self.record);
        let line = self.watch.lines.borrow_mut().line_from(self.record.position().map_or(0, csv::Position::byte));
        match read {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(fault) => return Err(format!("at line {line}: {fault}.")),
        }
        let mut broken = None;
        if self.record.len() != self.width {
            broken = Some("It has not as many fields as the first line.".into());
        }
        let mut fields = Vec::new();
        for (name, place) in &self.places {
            match self.record.get(*place).map(std::str::from_utf8) {
                Some(Ok(text)) if !text.trim().is_empty() => fields.push((*name, text.trim().to_owned())),
                Some(Err(_)) => broken = Some("It is not UTF-8.".into()),
                _ => {}
            }
        }
        // A quote that was left open took the lines up to the next one for its own. What stands in them is not read
        // as lines all the same: it may be words of a customer, who would then choose for others.
        let breaks = breaks(&self.record);
        if breaks > 0 {
            let last = (line + breaks).min(self.watch.lines.borrow().last());
            broken = Some(if last > line { over(line, last) } else { "A quote in it is not closed.".into() });
        }
        Ok(Some((line, Fields { fields, broken })))
    }
}

impl Fields {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }
}

/// Line ends within fields.
fn breaks(record: &ByteRecord) -> u64 {
    let within = |field: &[u8]| {
        let ends = |at: usize, byte: u8| match byte {
            b'\n' => at == 0 || field.get(at - 1) != Some(&b'\r'),
            byte => byte == b'\r',
        };
        field.iter().enumerate().filter(|(at, byte)| ends(*at, **byte)).count() as u64
    };
    record.iter().map(within).sum()
}

fn over(line: u64, last: u64) -> Cow<'static, str> {
    format!("It goes over lines {line} to {last}, and none of them was taken; is a quote not closed?").into()
}

fn places(names: &[String]) -> Result<Vec<(&'static str, usize)>, String> {
    let known = || MUST.into_iter().chain(MAY);
    let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known().any(|one| one == *name)).collect();
    if !unknown.is_empty() {
        let all: Vec<&str> = known().collect();
        return Err(format!("unknown columns: {}. There are: {}.", unknown.join(", "), all.join(", ")));
    }
    let mut places = Vec::new();
    for name in known() {
        let mut at = names.iter().enumerate().filter(|(_, one)| *one == name).map(|(place, _)| place);
        match (at.next(), at.next()) {
            (Some(_), Some(_)) => return Err(format!("the column {name} is there twice.")),
            (Some(place), None) => places.push((name, place)),
            (None, _) if MUST.contains(&name) => return Err(format!("the column {name} is missing.")),
            (None, _) => {}
        }
    }
    Ok(places)
}

/// A quote that is never closed would take the rest of the file for one field, and all of it into memory.
struct Bounded {
    file: File,
    watch: Rc<Watch>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.since.get() > RECORD_BYTES {
            return Err(io::Error::other("a record is longer than 64 KiB; is a quote not closed?"));
        }
        let read = self.file.read(buffer)?;
        self.watch.since.set(self.watch.since.get() + read as u64);
        self.watch.lines.borrow_mut().read(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
