//! Time and chance come from outside, so that a simulator can run the same code.

use candor_protocol::Timestamp;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

pub trait Chance: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The clock of the machine.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since.map_or(0, |past| past.as_millis() as i64))
    }
}

/// Randomness of the operating system.
pub struct OsChance;

impl Chance for OsChance {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no id and no key can be made; to go on would be worse than to stop.
        getrandom::fill(bytes).expect("the operating system gives no randomness");
    }
}

/// A prefix and 128 random bits in 26 digits of base32.
pub fn fresh_id(chance: &dyn Chance, prefix: &str) -> String {
    let mut bytes = [0u8; 16];
    chance.fill(&mut bytes);
    format!("{prefix}{}", base32(&bytes))
}

/// RFC 4648 base32, lower case, without padding.
pub fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            out.push(char::from(DIGITS[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        out.push(char::from(DIGITS[(bits << (5 - held) & 31) as usize]));
    }
    out
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "my"), ("fo", "mzxq"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(base32(plain.as_bytes()), coded);
        }
        assert_eq!(base32(&[0xff; 16]).len(), 26);
    }
}
