//! What a page holds to speak for a subject: signed, expiring, for one site, subject and device.

use candor_protocol::Timestamp;

use crate::clock::base32;
use crate::secret::{Secret, same};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    pub site: String,
    pub subject: String,
    pub device: String,
    pub expires_at: Timestamp,
}

impl Capability {
    /// `cap_`, the fields, and a keyed hash over them. Ids hold no `~`-separated surprises:
    /// a device may be any id, so the fields stand with their lengths in the hash.
    pub fn sign(&self, secret: &Secret) -> String {
        format!("cap_{}~{}~{}~{}", self.expires_at.0, self.subject, self.device, self.mac(secret))
    }

    /// The capability for this site, whether or not its time has passed; none where it is forged.
    pub fn read(secret: &Secret, site: &str, word: &str) -> Option<Self> {
        let (rest, mac) = word.strip_prefix("cap_")?.rsplit_once('~')?;
        let mut fields = rest.splitn(3, '~');
        let expires_at = Timestamp(fields.next()?.parse().ok()?);
        let (subject, device) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        let capability = Capability { site: site.to_owned(), subject, device, expires_at };
        same(capability.mac(secret).as_bytes(), mac.as_bytes()).then_some(capability)
    }

    /// Whether it is an anonymous person's. Theirs are good for more than a year and renewed long before the
    /// last day; a signed-in person's is good for an hour.
    pub fn is_anonymous(&self, now: Timestamp) -> bool {
        self.expires_at > now.plus_days(1)
    }

    fn mac(&self, secret: &Secret) -> String {
        let time = self.expires_at.0.to_string();
        base32(&secret.keyed("capability", &[&self.site, &self.subject, &self.device, &time]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::OsChance;

    fn capability() -> Capability {
        Capability { site: "pk_a".into(), subject: "sub_x".into(), device: "dev~1~2".into(), expires_at: Timestamp(5) }
    }

    #[test]
    fn a_capability_is_read_as_it_was_signed() {
        let secret = Secret::new(&OsChance);
        let word = capability().sign(&secret);
        assert_eq!(Capability::read(&secret, "pk_a", &word), Some(capability()));
    }

    #[test]
    fn a_changed_capability_another_site_and_another_secret_open_nothing() {
        let secret = Secret::new(&OsChance);
        let word = capability().sign(&secret);
        assert_eq!(Capability::read(&secret, "pk_b", &word), None);
        assert_eq!(Capability::read(&Secret::new(&OsChance), "pk_a", &word), None);
        assert_eq!(Capability::read(&secret, "pk_a", &word.replace("sub_x", "sub_y")), None);
        assert_eq!(Capability::read(&secret, "pk_a", &word.replace("cap_5", "cap_9")), None);
        assert_eq!(Capability::read(&secret, "pk_a", "cap_"), None);
    }
}
