//! Reading what a field holds.

use std::ops::Range;

use super::{Need, Reader};
use crate::form::Form;
use crate::{Code, Duration, Node, Timestamp};

/// 2^53: up to here a double holds every whole number.
const MOST: u64 = 1 << 53;

impl<N: Node> Reader<N> {
    /// What the field holds if it is text, whatever its form.
    pub fn text_in(&self, name: &str) -> Option<String> {
        self.here.get(name)?.text()
    }

    pub fn text(&mut self, name: &str, form: Form) -> String {
        self.text_if(name, Need::Must, form).unwrap_or_default()
    }

    pub fn maybe_text(&mut self, name: &str, form: Form) -> Option<String> {
        self.text_if(name, Need::May, form)
    }

    pub fn texts(&mut self, name: &str, need: Need, max: usize, form: Form) -> Vec<String> {
        self.list(name, need, max, |at| at.own_text(form))
    }

    /// The text that is here.
    pub fn own_text(&mut self, form: Form) -> String {
        let Some(mut text) = self.here.text() else {
            self.fault(Code::WrongType);
            return String::new();
        };
        if let Some(code) = form.settle(&mut text) {
            self.fault(code);
        }
        text
    }

    /// The place of a word among those that are known. 0 for a field that may be absent and is.
    pub fn word(&mut self, name: &str, need: Need, known: &[&str]) -> usize {
        if !self.enter(name, need) {
            return 0;
        }
        let index = self.own_word(known);
        self.leave();
        index
    }

    pub fn own_word(&mut self, known: &[&str]) -> usize {
        let word = self.own_text(Form::Any);
        crate::words::find(known, &word).unwrap_or_else(|| {
            self.fault(Code::UnknownValue);
            0
        })
    }

    /// 0 for a field that may be absent and is.
    pub fn number(&mut self, name: &str, need: Need) -> f64 {
        if !self.enter(name, need) {
            return 0.0;
        }
        let number = self.own_number();
        self.leave();
        number
    }

    pub fn numbers(&mut self, name: &str, max: usize) -> Vec<f64> {
        self.list(name, Need::May, max, Self::own_number)
    }

    /// A whole number from 0 to 2^53.
    pub fn count(&mut self, name: &str) -> u64 {
        self.count_in(name, 0..MOST + 1, Code::BadNumber)
    }

    /// A whole number in the range; `code` where it is another.
    pub fn count_in(&mut self, name: &str, range: Range<u64>, code: Code) -> u64 {
        if !self.enter(name, Need::Must) {
            return 0;
        }
        let number = self.own_number();
        let count = number as u64;
        if count as f64 != number || count > MOST {
            self.fault(Code::BadNumber);
        }
        if !range.contains(&count) {
            self.fault(code);
        }
        self.leave();
        count
    }

    /// False where the field is absent.
    pub fn flag(&mut self, name: &str) -> bool {
        if !self.enter(name, Need::May) {
            return false;
        }
        let flag = self.here.boolean();
        if flag.is_none() {
            self.fault(Code::WrongType);
        }
        self.leave();
        flag == Some(true)
    }

    pub fn time(&mut self, name: &str, need: Need) -> Option<Timestamp> {
        let text = self.text_if(name, need, Form::Any)?;
        let time = Timestamp::parse(&text);
        if time.is_none() {
            self.fault_in(name, Code::BadTime);
        }
        time
    }

    pub fn duration(&mut self, name: &str, need: Need) -> Option<Duration> {
        let text = self.text_if(name, need, Form::Any)?;
        let duration = Duration::parse(&text);
        if duration.is_none() {
            self.fault_in(name, Code::BadDuration);
        }
        duration
    }

    #[inline(never)]
    fn text_if(&mut self, name: &str, need: Need, form: Form) -> Option<String> {
        self.within(name, need, |at| at.own_text(form))
    }

    fn own_number(&mut self) -> f64 {
        let number = self.here.number();
        let code = match number {
            None => Code::WrongType,
            Some(number) if number.is_finite() => return number,
            Some(_) => Code::BadNumber,
        };
        self.fault(code);
        0.0
    }
}
