//! Ids drawn from the operating system's chance.

const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// `rec_` and 26 digits of base32.
pub fn recommendation() -> String {
    format!("rec_{}", base32(26))
}

/// An opaque word of `length` digits.
pub fn base32(length: usize) -> String {
    let mut bytes = vec![0u8; length];
    fill(&mut bytes);
    bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect()
}

/// The form of a UUID version 7 (RFC 9562, 5.7).
pub fn decision(at: candor_protocol::Timestamp) -> String {
    let mut bytes = [0u8; 16];
    fill(&mut bytes);
    bytes[..6].copy_from_slice(&at.0.to_be_bytes()[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn fill(bytes: &mut [u8]) {
    // Without chance there are no ids worth having, and no shop.
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use candor_protocol::text;

    #[test]
    fn ids_have_the_forms_the_protocol_asks_for() {
        for _ in 0..100 {
            assert!(text::is_recommendation_id(&super::recommendation()));
            assert!(text::is_uuid_v7(&super::decision(crate::picks::now())));
        }
    }
}
