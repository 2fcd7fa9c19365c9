//! Reading a document field by field, remembering the way to each for errors.
//!
//! A reader never returns early: the first fault is kept with its place, and from
//! then on whatever is read is empty and every list is at its end. So the code
//! that reads a document is one straight line, which keeps the page's Wasm small.

mod values;

use crate::{Code, Fault, Node, NodeKind, limits, text};

/// A place in a document, from which its fields are read by name.
pub(crate) struct Reader<N> {
    here: N,
    /// JSON Pointer to `here`; where there is a fault, to the fault.
    place: String,
    above: Vec<Level<N>>,
    fault: Option<Code>,
}

/// Where a reader came from, and how far it is if that is a list or a map.
struct Level<N> {
    node: N,
    /// Length of its JSON Pointer.
    place: usize,
    next: usize,
    len: usize,
    /// Names of a map's entries in byte order.
    keys: Vec<String>,
}

/// Whether a field has to be there; null is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    May,
    Must,
}

impl<N: Node> Reader<N> {
    pub fn new(node: N, place: String) -> Self {
        Reader { here: node, place, above: Vec::new(), fault: None }
    }

    /// What was read, unless there was a fault.
    pub fn end<T>(self, read: T) -> Result<T, Fault> {
        match self.fault {
            None => Ok(read),
            Some(code) => Err(Fault { code, place: self.place }),
        }
    }

    /// A reader of what is here whose faults are its own.
    #[cfg(feature = "json")]
    pub fn apart(&self) -> Self {
        Reader::new(self.here.clone(), self.place.clone())
    }

    /// What is here, unread.
    #[cfg(feature = "json")]
    pub fn node(&self) -> &N {
        &self.here
    }

    pub fn fault(&mut self, code: Code) {
        self.fault = self.fault.or(Some(code));
    }

    /// A fault of a field.
    pub fn fault_in(&mut self, name: &str, code: Code) {
        self.step(name);
        self.fault(code);
    }

    /// Whether the field is there.
    pub fn has(&mut self, name: &str, need: Need) -> bool {
        let there = self.enter(name, need);
        if there {
            self.leave();
        }
        there
    }

    /// What is in the field, read by `read`, if the field is there.
    pub fn within<T>(&mut self, name: &str, need: Need, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.enter(name, need).then(|| {
            let read = read(self);
            self.leave();
            read
        })
    }

    /// Each entry of a list of at most `max`, read by `read`.
    pub fn list<T>(&mut self, name: &str, need: Need, max: usize, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut out = Vec::new();
        if self.enter(name, need) {
            self.open(NodeKind::List, max);
            while self.next() {
                out.push(read(self));
            }
        }
        out
    }

    /// Each entry of a map of at most `max`, in the byte order of its names.
    pub fn map<T>(&mut self, name: &str, need: Need, max: usize, read: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut out = Vec::new();
        if self.enter(name, need) {
            self.open(NodeKind::Map, max);
            while self.next() {
                out.push(read(self));
            }
        }
        out
    }

    /// The name of this entry of a map, which is an identifier.
    pub fn key(&mut self) -> String {
        let key = self.above.last_mut().and_then(|map| map.keys.get_mut(map.next.wrapping_sub(1)));
        let key = key.map(std::mem::take).unwrap_or_default();
        if !text::is_id(&key) {
            self.fault(Code::BadId);
        }
        key
    }

    /// Holds each of a list's `len` entries, which were read, against `check`, until one is at fault.
    pub fn each(&mut self, name: &str, len: usize, check: &mut dyn FnMut(&mut Self, usize)) {
        let before = self.place.len();
        for index in 0..len {
            if self.fault.is_some() {
                break;
            }
            self.step(name);
            self.step_to(index);
            check(self, index);
            self.back(before);
        }
    }

    /// A fault at the first of a list's entries that is the same as one before it.
    pub fn once(&mut self, name: &str, len: usize, same: &dyn Fn(usize, usize) -> bool) {
        self.each(name, len, &mut |at, index| {
            if (0..index).any(|before| same(before, index)) {
                at.fault(Code::Repeated);
            }
        });
    }

    /// Goes into a field, if it is there; `leave` goes back.
    #[inline(never)]
    fn enter(&mut self, name: &str, need: Need) -> bool {
        if self.fault.is_some() {
            return false;
        }
        let found = self.here.get(name).filter(|node| node.kind() != NodeKind::Null);
        if let Some(node) = found {
            self.push(0, Vec::new());
            self.step(name);
            self.here = node;
            return true;
        }
        if need == Need::Must {
            match self.here.kind() {
                NodeKind::Map => self.fault_in(name, Code::Missing),
                _ => self.fault(Code::WrongType),
            }
        }
        false
    }

    #[inline(never)]
    fn leave(&mut self) {
        if self.fault.is_none()
            && let Some(above) = self.above.pop()
        {
            self.place.truncate(above.place);
            self.here = above.node;
        }
    }

    /// Makes ready to go through the list or map that is here; `next` goes back where it ends.
    #[inline(never)]
    fn open(&mut self, kind: NodeKind, max: usize) {
        if self.here.kind() != kind {
            return self.fault(Code::WrongType);
        }
        let mut keys = Vec::new();
        let mut len = self.here.len();
        if kind == NodeKind::Map {
            keys = self.here.keys();
            keys.sort_unstable();
            len = keys.len();
        }
        if len > max {
            return self.fault(Code::TooMany);
        }
        self.push(len, keys);
    }

    /// Goes on to the next entry of the list or map that was opened.
    #[inline(never)]
    fn next(&mut self) -> bool {
        if self.fault.is_some() {
            return false;
        }
        let Some(list) = self.above.last_mut() else { return false };
        self.place.truncate(list.place);
        let index = list.next;
        list.next += 1;
        let (node, key) = match list.keys.get(index) {
            Some(key) => (list.node.get(key), Some(key)),
            None => (list.node.at(index), None),
        };
        let Some(node) = node.filter(|_| index < list.len) else {
            self.leave();
            self.leave();
            return false;
        };
        self.here = node;
        match key {
            Some(key) => write_step(&mut self.place, key),
            None => self.step_to(index),
        }
        true
    }

    fn push(&mut self, len: usize, keys: Vec<String>) {
        let node = self.here.clone();
        self.above.push(Level { node, place: self.place.len(), next: 0, len, keys });
    }

    /// The way down to a field; with a fault it stays where it is.
    #[inline(never)]
    fn step(&mut self, name: &str) {
        if self.fault.is_none() {
            write_step(&mut self.place, name);
        }
    }

    fn step_to(&mut self, index: usize) {
        let mut digits = String::new();
        crate::write::digits(&mut digits, index as u64, 1);
        self.step(&digits);
    }

    fn back(&mut self, place: usize) {
        if self.fault.is_none() {
            self.place.truncate(place);
        }
    }
}

/// One step of a JSON Pointer.
#[inline(never)]
fn write_step(place: &mut String, name: &str) {
    place.push('/');
    for c in name.chars().take(limits::ID_BYTES) {
        match c {
            '~' => place.push_str("~0"),
            '/' => place.push_str("~1"),
            c => place.push(c),
        }
    }
}
