//! Time and randomness, which the pure parts are given from here.

use candor_protocol::Timestamp;

pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// Evenly from 0 to 1; for waiting times only.
pub fn share() -> f64 {
    js_sys::Math::random()
}

/// A UUID version 7 with 74 random bits.
pub fn decision_id() -> String {
    let mut bytes = random::<16>();
    let millis = now().0.to_be_bytes();
    for (to, from) in bytes.iter_mut().zip(millis.iter().skip(2)) {
        *to = *from;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x70;
    *variant = *variant & 0x3f | 0x80;
    let mut out = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        hex(&mut out, *byte);
    }
    out
}

/// `dev_` and 128 random bits.
pub fn device_id() -> String {
    let mut out = String::from("dev_");
    for byte in random::<16>() {
        hex(&mut out, byte);
    }
    out
}

fn hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.extend(char::from_digit(u32::from(digit), 16));
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let strong = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !strong {
        // Ids are names, not secrets; capabilities are the service's.
        for byte in &mut bytes {
            *byte = (share() * 256.0) as u8;
        }
    }
    bytes
}
