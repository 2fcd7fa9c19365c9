//! The numbers of lines, by the bytes they begin at.
//!
//! The CSV reader counts LF alone, and says where it began to look for a record: before blank
//! lines, and in the middle of CRLF.

use std::collections::VecDeque;

/// Lines as they are read: each ends with LF, CRLF or CR, as the reader's records do.
pub struct Numbering {
    /// The first byte of each line that is not blank, and the line's number; those asked past are gone.
    begun: VecDeque<(u64, u64)>,
    bytes: u64,
    /// Lines that ended.
    ended: u64,
    /// The last byte read; a file begins as after a line end.
    last: u8,
}

impl Default for Numbering {
    fn default() -> Self {
        Numbering { begun: VecDeque::new(), bytes: 0, ended: 0, last: b'\n' }
    }
}

impl Numbering {
    /// The next bytes of the file.
    pub fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                // CRLF ended its line with the CR.
                b'\n' if self.last == b'\r' => {}
                b'\n' | b'\r' => self.ended += 1,
                _ if matches!(self.last, b'\n' | b'\r') => self.begun.push_back((self.bytes, self.ended + 1)),
                _ => {}
            }
            self.last = *byte;
            self.bytes += 1;
        }
    }

    /// The last line of which anything was read.
    pub fn last(&self) -> u64 {
        self.ended + u64::from(!matches!(self.last, b'\n' | b'\r'))
    }

    /// The first line from this byte on that is not blank; none was read: the last that ended.
    /// Bytes are asked for in ascending order.
    pub fn line_from(&mut self, byte: u64) -> u64 {
        while self.begun.front().is_some_and(|(begin, _)| *begin < byte) {
            self.begun.pop_front();
        }
        self.begun.front().map_or(self.ended, |(_, line)| *line)
    }
}
